use std::time::Duration;

use serde_json::json;
use turnpike_core::{Class, Clock as _, Scope};
use turnpike_sdk::Behaviour;

use crate::bench::{GENERAL, WORKSPACE, connected, of, reader};

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    connected().await.check_fault_classes("list_channels", &json!({ "account_id": WORKSPACE }), &[]).await;
}

#[tokio::test]
async fn a_limit_is_the_workspaces_and_ends_when_slack_says() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::Storm { seconds: 30 });
    let fault = bench.fault("list_channels", &json!({ "account_id": WORKSPACE })).await;
    assert_eq!((fault.scope, fault.code.as_deref()), (Scope::Account, Some("ratelimited")));
    assert_eq!(fault.retry_at, Some(bench.clock.now().plus(Duration::from_secs(30))));
    assert_eq!(fault.request_id.as_deref(), Some("sandbox-request"));
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let bench = reader().await;
    let fault = bench.fault("list_channels", &json!({ "account_id": WORKSPACE })).await;
    assert_eq!(fault.class, Class::Permission);
    assert!(fault.message.contains("lacks the permission groups:read"), "{fault}");
    let days = json!({ "start_date": "2026-11-02", "end_date": "2026-11-02" });
    bench.ok("get_messages", of(GENERAL, &days)).await;
}
