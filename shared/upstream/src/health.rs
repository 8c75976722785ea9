//! What stands between us and the upstreams now, for the operator's eyes.

use turnpike_breaker::State;
use turnpike_core::TenantId;

use crate::Upstream;

/// Something that stands in the way of requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeHealth {
    /// The integration.
    pub integration: String,
    /// Where it is reached: the vendor's address, or the sandbox's.
    pub base_url: String,
    /// What of it: `host`, or `app/…`, `account/…`, `connection/…` with the id.
    pub part: String,
    /// What stands in the way.
    pub state: State,
}

/// How much of a vendor's quota for an app is used, and by whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppQuotaHealth {
    /// The integration.
    pub integration: String,
    /// Where it is reached.
    pub base_url: String,
    /// The app: `app/…` with its id at the vendor.
    pub app: String,
    /// Operations in any window.
    pub operations: u64,
    /// What is set aside for each tenant.
    pub reserve: u64,
    /// What each tenant has used in the window.
    pub tenants: Vec<(TenantId, u64)>,
}

impl Upstream {
    /// Everything that stands in the way of requests now, by integration and part: the holds of all processes, and the
    /// breakers of this one.
    pub async fn health(&self) -> Vec<ScopeHealth> {
        let states = self.breakers().snapshot(self.now()).await;
        let told = states.into_iter().map(|(key, state)| {
            let (integration, base_url) = key.upstream.split_once(' ').unwrap_or((&key.upstream, ""));
            ScopeHealth { integration: integration.to_owned(), base_url: base_url.to_owned(), part: key.part, state }
        });
        let mut health: Vec<_> = told.collect();
        health.sort_by(|one, other| {
            (&one.integration, &one.base_url, &one.part).cmp(&(&other.integration, &other.base_url, &other.part))
        });
        health
    }

    /// What is used of the quotas that vendors give an app, by app.
    pub async fn quotas(&self) -> Vec<AppQuotaHealth> {
        let told = self.quota().list(self.now()).await.into_iter().map(|usage| {
            let mut names = usage.app.splitn(3, ' ').map(str::to_owned);
            let mut next = || names.next().unwrap_or_default();
            let tenants = usage.tenants.iter().filter_map(|(id, used)| Some((id.parse().ok()?, *used))).collect();
            let (operations, reserve) = (usage.operations, usage.reserve);
            AppQuotaHealth { integration: next(), base_url: next(), app: next(), operations, reserve, tenants }
        });
        told.collect()
    }
}
