//! The bench of these tests: the accounts of the sandbox's world, and how a request is signed.

pub(crate) use turnpike_contract::Bench;
use turnpike_contract::Outgoing;

pub(crate) const OUTDOOR: &str = "4000000001";
pub(crate) const WHOLESALE: &str = "4000000002";
pub(crate) const FOREIGN: &str = "4000000009";

/// A connection whose accounts have been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_example_lwa::integration(), sign).await
}

/// Puts on what the auth shape asks for, as `turnpike-upstream` does.
fn sign(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
    request.header("amazon-advertising-api-clientid", "amzn1.application-oa2-client.sandbox");
    if let Some(account) = request.account.clone() {
        request.header("amazon-advertising-api-scope", account.as_str());
    }
}
