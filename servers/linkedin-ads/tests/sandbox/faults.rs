use std::time::Duration;

use serde_json::json;
use turnpike_core::{Class, Fault, Scope};
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{Bench, OUTDOOR, connected, unconnected};

async fn fault(bench: &Bench) -> Fault {
    bench.fault("list_campaigns", &json!({ "account_id": OUTDOOR })).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    connected().await.check_fault_classes("list_campaigns", &json!({ "account_id": OUTDOOR }), &[]).await;
}

#[tokio::test]
async fn a_spent_day_says_midnight_and_a_storm_says_nothing() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::QuotaDaily { seconds: 1 });
    let daily = fault(&bench).await;
    assert_eq!(daily.retry_at.expect("a time").to_string(), "2026-11-22T00:00:00.000Z");
    assert_eq!((daily.scope, daily.code.as_deref()), (Scope::Connection, Some("TOO_MANY_REQUESTS")));
    bench.script.next(1, Behaviour::Storm { seconds: 5 });
    let storm = fault(&bench).await;
    assert_eq!((storm.retry_at, storm.request_id.as_deref()), (None, Some("sandbox-request")));
}

#[tokio::test]
async fn a_token_that_ended_is_told_from_a_grant_that_was_taken_back() {
    let bench = connected().await;
    bench.tokens().expire_all();
    assert_eq!(fault(&bench).await.class, Class::AuthExpired);
    bench.tokens().revoke();
    assert_eq!(fault(&bench).await.class, Class::AuthRevoked);
}

#[tokio::test]
async fn a_token_that_is_seconds_old_is_refused_as_if_it_were_revoked() {
    let bench = connected().await;
    bench.tokens().set_settling(Duration::from_secs(31));
    assert_eq!(fault(&bench).await.code.as_deref(), Some("REVOKED_ACCESS_TOKEN"));
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.read("list_campaigns", json!({ "account_id": OUTDOOR })).await.is_ok());
}

#[tokio::test]
async fn a_member_without_any_account_is_told_so_rather_than_nothing() {
    let bench = unconnected().await;
    bench.script.next(1, Behaviour::Permission);
    let error = bench.find_accounts().await.expect_err("a refusal");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Permission));
}
