//! The bench of these tests: the accounts of the sandbox's world, and how a request is signed.

use turnpike_contract::Outgoing;
pub(crate) use turnpike_contract::{Bench, NOW};

pub(crate) const OUTDOOR: &str = "1000000002";
pub(crate) const WHOLESALE: &str = "1000000004";
pub(crate) const STUDIO: &str = "2000000005";
pub(crate) const MANAGER: &str = "1000000001";
pub(crate) const STRANGER: &str = "9000000009";

/// A connection whose accounts have been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_google_ads::integration(), sign).await
}

pub(crate) async fn unconnected() -> Bench {
    Bench::unconnected(turnpike_google_ads::integration(), sign).await
}

fn sign(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
}
