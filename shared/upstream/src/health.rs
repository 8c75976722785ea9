//! What stands between us and the upstreams now, for the operator's eyes.

use turnpike_breaker::State;

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

impl Upstream {
    /// Everything that stands in the way of requests now, by integration and part. What this process alone has met with.
    pub fn health(&self) -> Vec<ScopeHealth> {
        let states = self.breakers().snapshot(self.now());
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
}
