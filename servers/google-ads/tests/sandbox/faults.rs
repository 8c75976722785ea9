use std::time::Duration;

use serde_json::json;
use turnpike_core::{Class, Fault, Scope};
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{Bench, NOW, OUTDOOR, connected, unconnected};

async fn fault(bench: &Bench) -> Fault {
    bench.fault("list_campaigns", &json!({ "account_id": OUTDOOR })).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    let but = [(Behaviour::Status { code: 404 }, Class::VersionDead)];
    connected().await.check_fault_classes("list_campaigns", &json!({ "account_id": OUTDOOR }), &but).await;
}

#[tokio::test]
async fn a_limit_says_until_when_and_for_whom() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::QuotaDaily { seconds: 40_591 });
    let daily = fault(&bench).await;
    assert_eq!((daily.scope, daily.retry_at), (Scope::App, Some(NOW.plus(Duration::from_secs(40_591)))));
    bench.script.next(1, Behaviour::Storm { seconds: 5 });
    let storm = fault(&bench).await;
    assert_eq!((storm.scope, storm.retry_at), (Scope::Account, Some(NOW.plus(Duration::from_secs(5)))));
    assert_eq!(storm.request_id.as_deref(), Some("sandbox-request"));
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
async fn a_connection_that_may_reach_nothing_says_why_rather_than_list_nothing() {
    let bench = unconnected().await;
    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(3, Behaviour::Permission);
    let error = bench.find_accounts().await.expect_err("all refuse");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Permission));

    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(1, Behaviour::Status { code: 500 });
    let error = bench.find_accounts().await.expect_err("an outage hides no account");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Upstream));
}
