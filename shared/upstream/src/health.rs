//! What stands between us and the upstreams now, for the operator's eyes.

use turnpike_breaker::State;

use crate::Upstream;

/// Something that stands in the way of requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeHealth {
    /// The integration and the host behind it.
    pub upstream: String,
    /// What of it: `host`, or `app/…`, `account/…`, `connection/…` with the id.
    pub part: String,
    /// What stands in the way.
    pub state: State,
}

impl Upstream {
    /// Everything that stands in the way of requests now, by upstream and part. What this process alone has met with.
    pub fn health(&self) -> Vec<ScopeHealth> {
        let states = self.breakers().snapshot(self.now());
        let mut health: Vec<_> = states
            .into_iter()
            .map(|(key, state)| ScopeHealth { upstream: key.upstream, part: key.part, state })
            .collect();
        health.sort_by(|one, other| (&one.upstream, &one.part).cmp(&(&other.upstream, &other.part)));
        health
    }
}
