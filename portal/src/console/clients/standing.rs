//! How each client is served, and who gets least of what they pay for.

use std::{cmp::Reverse, collections::HashMap};

use turnpike_core::{Micros, TenantId, Timestamp};
use turnpike_store::{ConnectionState, LastCalls, Subscription, Tenant, TenantState};

use crate::{
    Portal,
    console::{DAY, LATELY, credentials::needs_somebody},
    http::Failure,
};

/// How far back the last call is looked for.
const LONG_AGO: std::time::Duration = std::time::Duration::from_secs(90 * DAY);

/// How a client is served.
pub(super) struct Standing {
    pub(super) tenant: Tenant,
    /// What it pays for.
    pub(super) subscription: Option<Subscription>,
    pub(super) members: i64,
    /// Connections that work, and those that stay as they are until somebody does something.
    pub(super) well: usize,
    pub(super) in_need: usize,
    /// Calls of the last 30 days, and their price.
    pub(super) calls: i64,
    pub(super) price: Micros,
    /// The last calls of the last 90 days.
    pub(super) last: Option<LastCalls>,
}

impl Standing {
    /// How every client is served, worst first.
    pub(super) async fn of_all(portal: &Portal) -> Result<Vec<Self>, Failure> {
        let (system, now) = (portal.store.system(), portal.ambient.now());
        let members: HashMap<_, _> = system.count_members().await?.into_iter().collect();
        let mut last: HashMap<_, _> = system.last_calls_by_tenant(now.minus(LONG_AGO)).await?.into_iter().collect();
        let mut connected = HashMap::<TenantId, (usize, usize)>::new();
        for (tenant, row) in system.list_all_connections().await? {
            let (well, in_need) = connected.entry(tenant).or_default();
            match row.state {
                ConnectionState::Disabled => {}
                _ if needs_somebody(&row) => *in_need += 1,
                _ => *well += 1,
            }
        }
        let mut used = HashMap::<TenantId, (i64, i64)>::new();
        for (tenant, line) in system.usage_by_tenant(now.minus(LATELY), Timestamp::from_micros(i64::MAX)).await? {
            let (calls, price) = used.entry(tenant).or_default();
            (*calls, *price) = (*calls + line.calls, *price + line.price.0);
        }
        let mut paid: HashMap<_, _> = system.list_subscriptions().await?.into_iter().collect();
        let tenants = system.list_tenants().await?.into_iter().filter(|tenant| tenant.deleted_at.is_none());
        let all = tenants.map(|tenant| {
            let (calls, price) = used.get(&tenant.id).copied().unwrap_or_default();
            let (well, in_need) = connected.get(&tenant.id).copied().unwrap_or_default();
            Self {
                members: members.get(&tenant.id).copied().unwrap_or_default(),
                well,
                in_need,
                calls,
                price: Micros(price),
                last: last.remove(&tenant.id),
                subscription: paid.remove(&tenant.id),
                tenant,
            }
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by_cached_key(Self::urgency);
        Ok(all)
    }

    /// First those whose connections need somebody, then those whose last call failed, then those who have long not
    /// called. Whom the agency has stopped itself comes last.
    fn urgency(&self) -> (bool, Reverse<usize>, bool, Option<Timestamp>, String) {
        let stopped = self.tenant.state == TenantState::Suspended;
        let failing = self.last.as_ref().is_some_and(|last| last.failed_at >= Some(last.last_at));
        let last_at = self.last.as_ref().map(|last| last.last_at);
        (stopped, Reverse(self.in_need), !failing, last_at, self.tenant.name.to_lowercase())
    }

    /// Whether a search for a name, or for the beginning of an id, finds this client.
    pub(super) fn matches(&self, search: &str) -> bool {
        let search = search.to_lowercase();
        self.tenant.name.to_lowercase().contains(&search) || self.tenant.id.to_string().starts_with(&search)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, in_need: usize, last: Option<(i64, Option<i64>)>) -> Standing {
        let last = last.map(|(last_at, failed_at)| LastCalls {
            last_at: Timestamp::from_micros(last_at),
            failed_at: failed_at.map(Timestamp::from_micros),
            failed_class: None,
        });
        let tenant = Tenant {
            id: TenantId::NONE,
            name: name.into(),
            state: TenantState::Active,
            stale_answers: None,
            created_at: Timestamp::default(),
            plan: None,
            wanted: vec![],
            deleted_at: None,
        };
        Standing { tenant, subscription: None, members: 1, well: 0, in_need, calls: 0, price: Micros(0), last }
    }

    #[test]
    fn who_gets_least_of_what_they_pay_for_comes_first() {
        let mut stopped = client("stopped", 9, None);
        stopped.tenant.state = TenantState::Suspended;
        let mut all = [
            stopped,
            client("busy", 0, Some((20, Some(10)))),
            client("quiet for long", 0, Some((5, None))),
            client("Never called", 0, None),
            client("also never called", 0, None),
            client("failed last", 0, Some((20, Some(20)))),
            client("one broken", 1, Some((20, None))),
            client("two broken", 2, Some((20, None))),
        ];
        all.sort_by_cached_key(Standing::urgency);
        let names: Vec<_> = all.iter().map(|client| client.tenant.name.as_str()).collect();
        let expected = [
            "two broken",
            "one broken",
            "failed last",
            "also never called",
            "Never called",
            "quiet for long",
            "busy",
            "stopped",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_client_is_found_by_a_part_of_its_name_or_the_beginning_of_its_id() {
        let client = client("Nordlicht Ökostrom", 0, None);
        for found in ["", "licht", "ÖKO", "00000000-0000"] {
            assert!(client.matches(found), "{found}");
        }
        assert!(!client.matches("südlicht") && !client.matches("0-0"));
    }
}
