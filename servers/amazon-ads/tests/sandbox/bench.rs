//! The bench of these tests: the profiles of the sandbox's world, and how a request is signed.

use serde_json::{Value, json};
use turnpike_contract::Outgoing;
pub(crate) use turnpike_contract::{Bench, NOW, with};

pub(crate) const OUTDOOR: &str = "18446744073709551557";
pub(crate) const FAILING: &str = "1000000000002";
pub(crate) const ARCHIVE: &str = "1000000000003";
pub(crate) const BAKERY: &str = "9007199254740993";
pub(crate) const WHOLESALE: &str = "2000000000002";
pub(crate) const TEA: &str = "3000000000001";
pub(crate) const LOOKOUT: &str = "3000000000002";
pub(crate) const STRANGER: &str = "9999999999999999999";
pub(crate) const CLIENT: &str = "amzn1.application-oa2-client.sandbox";

/// A connection whose profiles have been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_amazon_ads::integration(), sign).await
}

pub(crate) async fn unconnected() -> Bench {
    Bench::unconnected(turnpike_amazon_ads::integration(), sign).await
}

/// Arguments over the first week of November.
pub(crate) fn week(account: &str) -> Value {
    json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" })
}

fn sign(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
    request.header("amazon-advertising-api-clientid", CLIENT);
    if let Some(account) = request.account.clone() {
        request.header("amazon-advertising-api-scope", account.as_str());
    }
}
