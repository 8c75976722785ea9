//! The bench of these tests: the accounts of the sandbox's world, and how a request is signed.

use axum::body::Body;
use http::{StatusCode, header};
use serde_json::{Value, json};
use turnpike_contract::Outgoing;
pub(crate) use turnpike_contract::{Bench, NOW, with};

pub(crate) const KEY: &str = "api_sandbox";
pub(crate) const OUTDOOR: &str = "AW:1000000002";
pub(crate) const WHOLESALE: &str = "AW:1000000004";
pub(crate) const ARCHIVE: &str = "AW:1000000006";
pub(crate) const BROKEN: &str = "AW:1000000008";
pub(crate) const SOCIAL: &str = "FA:1000000002";
pub(crate) const WEB: &str = "GAWA:300000001";

/// A connection whose accounts have been found.
pub(crate) async fn connected() -> Bench {
    let mut bench = with_key(KEY).await;
    bench.accounts = bench.find_accounts().await.expect("accounts");
    bench
}

/// A connection with this key that knows no account yet.
pub(crate) async fn with_key(key: &str) -> Bench {
    let mut bench = Bench::unconnected(turnpike_supermetrics::integration(), sign).await;
    bench.token = key.into();
    bench
}

fn sign(request: &mut Outgoing, key: &str) {
    request.header("authorization", &format!("Bearer {key}"));
}

/// Asks the sandbox with its key.
pub(crate) async fn post(bench: &Bench, query: &Value) -> (StatusCode, Value) {
    let request = http::Request::post("/enterprise/v2/query/data/json")
        .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
        .header(header::CONTENT_TYPE, "application/json");
    bench.raw(request.body(Body::from(query.to_string())).expect("a request")).await
}

/// Arguments over the first week of November.
pub(crate) fn week(account: &str) -> Value {
    json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" })
}
