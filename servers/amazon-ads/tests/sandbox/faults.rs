use serde_json::json;
use turnpike_core::{Class, Fault, Scope};
use turnpike_sdk::Behaviour;

use crate::bench::{Bench, NOW, OUTDOOR, connected, week};

async fn fault_of(bench: &Bench, tool: &'static str) -> Fault {
    let arguments = if tool == "list_campaigns" { json!({ "account_id": OUTDOOR }) } else { week(OUTDOOR) };
    bench.fault(tool, &arguments).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    // Only the refresh tells that the grant is gone.
    let but = [(Behaviour::Revoked, Class::AuthExpired)];
    connected().await.check_fault_classes("list_campaigns", &json!({ "account_id": OUTDOOR }), &but).await;
}

#[tokio::test]
async fn the_queue_of_reports_is_given_minutes_and_its_hold_stops_no_listing() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::Storm { seconds: 0 });
    let fault = fault_of(&bench, "get_performance").await;
    assert_eq!(fault.retry_at.map(|at| at.since(NOW).as_secs()), Some(120));
    assert_eq!((fault.scope, fault.request_id.as_deref()), (Scope::App, Some("sandbox-request")));
    bench.script.next(1, Behaviour::Storm { seconds: 7 });
    let fault = fault_of(&bench, "list_campaigns").await;
    assert_eq!((fault.retry_at.map(|at| at.since(NOW).as_secs()), fault.scope), (Some(7), Scope::Account));
}

#[tokio::test]
async fn an_ended_token_is_told_from_a_profile_that_is_not_the_users() {
    let bench = connected().await;
    bench.tokens().expire_all();
    assert_eq!(fault_of(&bench, "list_campaigns").await.class, Class::AuthExpired);
    bench.script.next(1, Behaviour::Permission);
    let fault = fault_of(&bench, "list_campaigns").await;
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Permission, Some("UNAUTHORIZED")));
    assert_eq!(fault.message, "Not authorized to access scope 1234");
}
