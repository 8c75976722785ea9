//! What is another tenant's looks as if it were not there.

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::Role;
use turnpike_tests::{app::TestApp, probe};

#[tokio::test(flavor = "multi_thread")]
async fn calls_changes_and_approvals_of_another_tenant_are_not_there() {
    let app = TestApp::start().await;
    let (tenant, other) = (app.tenant("Acme").await, app.tenant("Other").await);
    let (owner, _) = app.member(other.id, Role::Owner).await;
    let set = |text: &str| json!({ "account": probe::ACCOUNT, "text": text });
    let asked = tenant.agent.ok("probe", "set", set("100")).await;
    let mut confirmation = set("second");
    confirmation["preview_id"] = tenant.agent.ok("probe", "set", set("second")).await["preview_id"].clone();
    let made = tenant.agent.ok("probe", "set", confirmation).await;

    let call = app.calls(tenant.id).await[0].call_id.to_string();
    let change = made["change_id"].as_str().unwrap();
    let approval = asked["approval"]["approval_id"].as_str().unwrap();
    for path in [format!("/calls/{call}"), format!("/changes/{change}"), format!("/approvals/{approval}")] {
        assert_eq!(owner.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (path, form) in [
        (format!("/calls/{call}/again"), vec![]),
        (format!("/changes/{change}/take-back"), vec![]),
        (format!("/approvals/{approval}"), vec![("decision", "approve")]),
    ] {
        assert_eq!(owner.post(&path, &form).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/calls".to_owned(), format!("/calls?id={call}"), "/changes".into(), "/calls.csv".into()] {
        let seen = owner.look(&path).await;
        assert!(!seen.text.contains(&format!("/calls/{call}")) && !seen.text.contains(change), "{path}");
    }
    let rows = app.store().tenant(tenant.id);
    assert_eq!(rows.find_approval(approval.parse().unwrap()).await.unwrap().unwrap().decided_by, None);
}
