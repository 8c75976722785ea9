//! Renewing credentials before anybody asks for them.
//!
//! What is due is read from the database; each is renewed on the way of every other refresh, so that two processes that find
//! the same one due ask the authorization server once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use turnpike_core::{ConnectionId, TenantId, Timestamp};
use turnpike_store::{CareRow, CareWanted};

use super::{Renewal, Vault};
use crate::{VaultError, credential::END_MOVES};

/// How long it is until the next round, at most: what ends before then is due in this one.
const ROUND: Duration = Duration::from_secs(120);
/// How many are renewed at the same time.
const AT_ONCE: usize = 8;
/// That a connection is in use is written down this often.
const NOTED_EVERY: Duration = Duration::from_secs(3600);
/// How long one is left alone whose renewal failed; doubled each time up to the longest.
const SETBACK: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// When connections are looked after.
#[derive(Clone, Copy, Debug)]
pub struct Upkeep {
    /// A connection that no call has used for so long is not in use.
    pub idle: Duration,
    /// The grant of one that is not in use is refreshed this often all the same.
    pub keep_alive: Duration,
}

/// What there is to look after, by the shape of the credential.
#[derive(Clone, Copy, Debug)]
pub enum Care {
    /// Access tokens that are got with a grant, so long before their end.
    AccessTokens {
        /// How long before.
        ahead: Duration,
    },
    /// A token that is exchanged for one that ends later, so long before its end.
    Exchange {
        /// How long before.
        ahead: Duration,
    },
}

/// A credential that is due.
#[derive(Clone, Debug)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// It leads to the integration's sandbox.
    pub sandbox: bool,
    /// The generation that is to be replaced.
    pub generation: i64,
}

/// Those whose renewal has failed lately: how often, and until when they are left alone.
pub(super) type Setbacks = Mutex<HashMap<ConnectionId, (u32, Timestamp)>>;

impl Vault {
    /// The credentials of an integration that are due now. None of a connection that asks for a person or is switched off,
    /// by itself or by the operator.
    pub async fn list_due(
        &self,
        integration: &str,
        care: Care,
        upkeep: Upkeep,
        now: Timestamp,
    ) -> Result<Vec<Due>, VaultError> {
        let system = self.0.store.system();
        let rows = system.list_credentials_to_care_for(&care.wanted(integration, upkeep, now)).await?;
        if rows.is_empty() {
            return Ok(vec![]);
        }
        // A credential is not exchanged where no call may be made.
        let switches = system.list_switches().await?;
        let stopped = |tenant| switches.iter().any(|switch| switch.target.covers(tenant, integration, None));
        let due = rows.into_iter().filter(|(tenant, row)| {
            care.is_due(row, upkeep, now) && !self.is_set_back(row.connection_id, now) && !stopped(*tenant)
        });
        Ok(due
            .map(|(tenant, CareRow { connection_id: connection, sandbox, generation, .. })| Due {
                tenant,
                connection,
                sandbox,
                generation,
            })
            .collect())
    }

    /// Renews what is due, several at a time and in no order, so that processes do not follow each other through the same
    /// list. One that fails keeps no other waiting, and is left alone for a while; how many were renewed.
    pub async fn renew_due(&self, mut due: Vec<(Renewal, i64)>, now: Timestamp) -> usize {
        if !due.is_empty() {
            let first = usize::from(u16::from_le_bytes(self.0.ambient.bytes())) % due.len();
            due.rotate_left(first);
        }
        let renewed = stream::iter(due).map(|(renewal, generation)| self.renew_one(renewal, generation, now));
        renewed.buffer_unordered(AT_ONCE).filter(|renewed| std::future::ready(*renewed)).count().await
    }

    async fn renew_one(&self, renewal: Renewal, generation: i64, now: Timestamp) -> bool {
        let renewed = self.renew(&renewal, generation).await;
        let mut setbacks = self.0.setbacks.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = renewed else {
            setbacks.remove(&renewal.connection);
            return true;
        };
        let (tenant_id, connection_id) = (renewal.tenant, renewal.connection);
        tracing::warn!(%tenant_id, %connection_id, %error, "a credential was not renewed ahead of its end");
        // It is not due any more, or what others know of it has changed.
        if matches!(error, VaultError::Reconnect { .. } | VaultError::Busy) {
            setbacks.remove(&connection_id);
            return false;
        }
        let tries = setbacks.get(&connection_id).map_or(0, |(tries, _)| *tries);
        let pause = SETBACK.0.saturating_mul(1 << tries.min(10)).min(SETBACK.1);
        setbacks.insert(connection_id, (tries + 1, now.plus(pause)));
        false
    }

    fn is_set_back(&self, connection: ConnectionId, now: Timestamp) -> bool {
        let setbacks = self.0.setbacks.lock().unwrap_or_else(PoisonError::into_inner);
        setbacks.get(&connection).is_some_and(|(_, until)| *until > now)
    }

    /// Writes down that a call uses the connection, once an hour. A call does not fail for want of it.
    pub(super) async fn note_use(&self, renewal: &Renewal) {
        if self.0.only_looks.load(Ordering::Relaxed) {
            return;
        }
        let (tenant, now) = (self.0.store.tenant(renewal.tenant), self.now());
        if let Err(error) = tenant.note_lease(renewal.connection, now, now.minus(NOTED_EVERY)).await {
            tracing::warn!(connection_id = %renewal.connection, %error, "the use of a connection was not written down");
        }
    }
}

impl Care {
    /// What the database is asked for: everything that could be due, whatever its place in time.
    fn wanted(self, integration: &str, upkeep: Upkeep, now: Timestamp) -> CareWanted<'_> {
        let (never, used_since) = (Timestamp::from_micros(i64::MIN), now.minus(upkeep.idle));
        match self {
            Self::AccessTokens { ahead } => CareWanted {
                integration,
                access_ends_by: now.plus(ahead).plus(ROUND).plus(ahead / 2),
                used_since,
                stored_by: now.minus(upkeep.keep_alive).plus(upkeep.keep_alive / 8),
                ends_by: now,
            },
            Self::Exchange { ahead } => CareWanted {
                integration,
                access_ends_by: never,
                used_since,
                stored_by: never,
                ends_by: now.plus(ahead).plus(ahead / 8),
            },
        }
    }

    fn is_due(self, row: &CareRow, upkeep: Upkeep, now: Timestamp) -> bool {
        let by = |at: Option<Timestamp>, until: Timestamp| at.is_some_and(|at| at <= until);
        // What many connections were given at the same instant is not renewed at the same instant.
        let spread = |most: Duration| most.mul_f64(place_of(row.connection_id));
        match self {
            Self::AccessTokens { ahead } => {
                // What has ended cannot be renewed: asking once more makes that known, and people hear of it.
                if by(row.predicted_end, now) {
                    return true;
                }
                let lives_to_the_end = match (row.access_expires_at, row.predicted_end) {
                    (Some(access), Some(end)) => access.plus(END_MOVES) >= end,
                    _ => false,
                };
                let in_use = row.leased_at.is_some_and(|at| at >= now.minus(upkeep.idle));
                let ends = by(row.access_expires_at, now.plus(ahead).plus(ROUND).plus(spread(ahead / 2)));
                let is_old = row.stored_at <= now.minus(upkeep.keep_alive).plus(spread(upkeep.keep_alive / 8));
                !lives_to_the_end && ((in_use && ends) || is_old)
            }
            Self::Exchange { ahead } => by(row.predicted_end, now.plus(ahead).plus(spread(ahead / 8))),
        }
    }
}

/// A number from nought to below one that belongs to the connection.
fn place_of(connection: ConnectionId) -> f64 {
    // The last digits of an id are random.
    let id = connection.to_string();
    let digits = id.get(id.len().saturating_sub(4)..).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    f64::from(digits.unwrap_or_default()) / 65_536.0
}

#[cfg(test)]
mod tests {
    use turnpike_core::Ambient;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(24 * 3600);
    const UPKEEP: Upkeep = Upkeep { idle: DAY, keep_alive: Duration::from_secs(7 * 24 * 3600) };
    const TOKENS: Care = Care::AccessTokens { ahead: Duration::from_secs(300) };

    fn row() -> CareRow {
        CareRow {
            connection_id: Ambient::system().id(),
            sandbox: false,
            generation: 1,
            access_expires_at: Some(NOW.plus(HOUR)),
            leased_at: Some(NOW),
            stored_at: NOW,
            predicted_end: None,
        }
    }

    fn due(care: Care, row: &CareRow) -> bool {
        let CareWanted { access_ends_by, used_since, stored_by, ends_by, .. } = care.wanted("any", UPKEEP, NOW);
        let by = |at: Option<Timestamp>, until| at.is_some_and(|at| at <= until);
        let found = (by(row.access_expires_at, access_ends_by) && row.leased_at.is_some_and(|at| at >= used_since))
            || row.stored_at <= stored_by
            || by(row.predicted_end, ends_by);
        let due = care.is_due(row, UPKEEP, NOW);
        assert!(found || !due, "the database does not give what is due: {row:?}");
        due
    }

    #[test]
    fn an_access_token_in_use_is_due_before_its_end_and_an_idle_one_is_not() {
        assert!(!due(TOKENS, &row()), "an hour is enough");
        let soon = CareRow { access_expires_at: Some(NOW.plus(Duration::from_secs(400))), ..row() };
        assert!(due(TOKENS, &soon), "it would be too late in the next round");
        assert!(!due(TOKENS, &CareRow { leased_at: None, ..soon.clone() }));
        assert!(!due(TOKENS, &CareRow { leased_at: Some(NOW.minus(DAY + HOUR)), ..soon.clone() }));
        assert!(due(TOKENS, &CareRow { leased_at: Some(NOW.minus(DAY)), ..soon }));
    }

    #[test]
    fn an_idle_grant_is_kept_alive_and_spread_over_an_eighth_of_the_time() {
        let idle = |days: f64| CareRow { leased_at: None, stored_at: NOW.minus(DAY.mul_f64(days)), ..row() };
        assert!(due(TOKENS, &idle(7.0)) && !due(TOKENS, &idle(6.1)));
        let early = (0..1000).filter(|_| due(TOKENS, &idle(6.5))).count();
        assert!((300..700).contains(&early), "{early} of 1000 with half of the spread to go");
    }

    #[test]
    fn what_cannot_be_lengthened_is_left_alone_until_its_end_makes_it_known() {
        let last = CareRow {
            access_expires_at: Some(NOW.plus(DAY)),
            predicted_end: Some(NOW.plus(DAY)),
            stored_at: NOW.minus(30 * DAY),
            ..row()
        };
        let care = Care::AccessTokens { ahead: 7 * DAY };
        assert!(!due(care, &last));
        assert!(
            due(care, &CareRow { predicted_end: Some(NOW.plus(5 * DAY)), ..last.clone() }),
            "a new one lives longer"
        );
        assert!(due(care, &CareRow { predicted_end: Some(NOW), ..last }));
    }

    #[test]
    fn a_token_with_an_end_is_exchanged_before_it_whether_or_not_it_is_used() {
        let care = Care::Exchange { ahead: 7 * DAY };
        let token = |end: Option<Timestamp>| CareRow {
            access_expires_at: None,
            leased_at: None,
            stored_at: NOW.minus(400 * DAY),
            predicted_end: end,
            ..row()
        };
        assert!(due(care, &token(Some(NOW.plus(7 * DAY)))) && due(care, &token(Some(NOW.minus(DAY)))));
        assert!(!due(care, &token(Some(NOW.plus(8 * DAY)))) && !due(care, &token(None)));
    }
}
