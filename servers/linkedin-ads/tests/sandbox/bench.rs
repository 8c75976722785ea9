//! The bench of these tests: the accounts of the sandbox's world, and how a request is signed.

pub(crate) use turnpike_contract::Bench;
use turnpike_contract::Outgoing;

pub(crate) const OUTDOOR: &str = "511000001";
pub(crate) const WHOLESALE: &str = "511000003";
pub(crate) const LOOKOUT: &str = "511000004";
pub(crate) const STRANGER: &str = "9000000009";
pub(crate) const VERSION: &str = "202607";

/// A connection whose accounts have been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_linkedin_ads::integration(), sign).await
}

pub(crate) async fn unconnected() -> Bench {
    Bench::unconnected(turnpike_linkedin_ads::integration(), sign).await
}

fn sign(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
    request.header("linkedin-version", VERSION);
    request.header("x-restli-protocol-version", "2.0.0");
}
