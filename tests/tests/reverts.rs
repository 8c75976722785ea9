//! Changes are taken back: once, by who made them, through the same guard, and only from the value that they have set.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use turnpike_core::{ApprovalId, Outcome};
use turnpike_sdk::{Access, Behaviour};
use turnpike_store::ApprovalState;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp, integrations},
    probe,
};

/// Lets one request pass as it is.
const PASS: Behaviour = Behaviour::Slow { millis: 0 };

fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

fn revert(change: &Value) -> Value {
    json!({ "change_id": change["change_id"] })
}

/// The arguments with the preview that they confirm.
fn with_preview(mut arguments: Value, preview: &Value) -> Value {
    arguments["preview_id"] = preview["preview_id"].clone();
    arguments
}

/// Previews and confirms; what the confirmation answers.
async fn make(tenant: &Tenant, tool: &str, arguments: Value) -> Value {
    let preview = tenant.agent.ok("probe", tool, arguments.clone()).await;
    assert_eq!(preview["status"], "preview", "{preview}");
    let applied = tenant.agent.ok("probe", tool, with_preview(arguments, &preview)).await;
    assert_eq!(applied["status"], "applied", "{applied}");
    applied
}

async fn class(agent: &Agent, arguments: Value) -> Value {
    agent.refused("probe", "revert_change", arguments).await["class"].clone()
}

fn sent(app: &TestApp) -> usize {
    app.vendor("probe").script.recorded().iter().filter(|request| request.method == Method::POST).count()
}

async fn value(tenant: &Tenant) -> Value {
    tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await["text"].clone()
}

#[tokio::test]
async fn a_change_is_taken_back_and_that_is_taken_back_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let change = make(&tenant, "set", set("second")).await;
        let preview = tenant.agent.ok("probe", "revert_change", revert(&change)).await;
        assert_eq!((&preview["before"]["text"], &preview["after"]["text"]), (&json!("second"), &json!("first")));
        assert_eq!((sent(&app), value(&tenant).await), (1, json!("second")), "a preview changes nothing");
        let confirmation = with_preview(revert(&change), &preview);
        let back = tenant.agent.ok("probe", "revert_change", confirmation.clone()).await;
        assert_eq!((&back["status"], value(&tenant).await), (&json!("applied"), json!("first")));
        let again = tenant.agent.call("probe", "revert_change", confirmation).await;
        assert_eq!((&again["structuredContent"], &again["_meta"]["outcome"]), (&back, &json!("replayed")));

        assert_eq!(class(&tenant.agent, revert(&change)).await, "already_reverted");
        let forth = make(&tenant, "revert_change", revert(&back)).await;
        assert_eq!((sent(&app), value(&tenant).await), (3, json!("second")));
        assert_eq!(class(&tenant.agent, revert(&back)).await, "already_reverted");
        assert_eq!(make(&tenant, "revert_change", revert(&forth)).await["after"]["text"], "first");

        let calls = app.calls(tenant.id).await;
        let recorded = calls.iter().find(|call| call.outcome == Outcome::Success).unwrap();
        assert_eq!((recorded.tool.as_str(), recorded.upstream_requests), ("revert_change", 3));
    }
}

#[tokio::test]
async fn what_somebody_has_moved_since_is_not_taken_back() {
    let app = TestApp::start().await;
    let (tenant, other) = (app.tenant("one").await, app.tenant("two").await);
    let change = make(&tenant, "set", set("second")).await;
    let waiting = tenant.agent.ok("probe", "revert_change", revert(&change)).await;
    make(&other, "set", set("third")).await;
    let before = sent(&app);
    for arguments in [revert(&change), with_preview(revert(&change), &waiting)] {
        let error = tenant.agent.refused("probe", "revert_change", arguments).await;
        assert_eq!(error["class"], "moved", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("`text` was \"second\" and is \"third\""), "{message}");
    }
    assert_eq!((sent(&app), value(&tenant).await), (before, json!("third")));
    // It is there again: then it can be.
    make(&other, "set", set("second")).await;
    assert_eq!(make(&tenant, "revert_change", revert(&change)).await["after"]["text"], "first");
}

#[tokio::test]
async fn a_change_of_another_tenant_or_caller_is_unknown_and_nothing_is_sent() {
    let app = TestApp::start().await;
    let (tenant, stranger) = (app.tenant("one").await, app.tenant("two").await);
    let change = make(&tenant, "set", set("second")).await;
    let preview = tenant.agent.ok("probe", "set", set("third")).await;
    let colleague = app.agent(tenant.id, vec!["probe:read".into(), "probe:write".into()]).await;
    let received = app.vendor("probe").script.received();
    for agent in [&stranger.agent, &colleague] {
        assert_eq!(class(agent, revert(&change)).await, "unknown_change");
    }
    for id in [preview["preview_id"].clone(), json!(""), json!("x"), json!("00000000-0000-7000-8000-000000000000")] {
        assert_eq!(class(&tenant.agent, json!({ "change_id": id })).await, "unknown_change", "no change: {id}");
    }
    assert_eq!(class(&tenant.agent, json!({ "change_id": 1 })).await, "invalid_argument");
    // A preview of the one is no preview of the other.
    let mut mixed = revert(&change);
    mixed["preview_id"] = preview["preview_id"].clone();
    assert_eq!(class(&tenant.agent, mixed).await, "unknown_preview");
    assert_eq!(app.vendor("probe").script.received(), received);
}

#[tokio::test]
async fn what_the_upstream_cannot_restore_is_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    make(&tenant, "set", set(probe::NEVER_AGAIN)).await;
    let change = make(&tenant, "set", set("second")).await;
    let error = tenant.agent.refused("probe", "revert_change", revert(&change)).await;
    assert!(error["message"].as_str().unwrap().contains("not had again"), "{error}");
    assert_eq!(sent(&app), 2);
}

/// Lowering is free, and taking it back is a rise like any other.
#[tokio::test]
async fn taking_back_is_under_the_same_caps_and_approvals() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.writes.approve_starts = true).await;
    let tenant = app.tenant("one").await;
    let approved = async |tool: &'static str, arguments: Value| {
        let preview = tenant.agent.ok("probe", tool, arguments.clone()).await;
        let id: ApprovalId = preview["approval"]["approval_id"].as_str().expect("a person is asked").parse().unwrap();
        let confirmation = with_preview(arguments, &preview);
        let error = tenant.agent.refused("probe", tool, confirmation.clone()).await;
        assert_eq!(error["class"], "approval_needed");
        let (rows, now) = (app.store().tenant(tenant.id), app.operator.ambient.now());
        let later = now.plus(std::time::Duration::from_secs(60));
        assert!(rows.decide_approval(id, ApprovalState::Approved, "ana", now, later).await.unwrap());
        tenant.agent.ok("probe", tool, confirmation).await
    };
    approved("set", set("100")).await;
    let slightly = make(&tenant, "set", set("90")).await;
    assert_eq!(make(&tenant, "revert_change", revert(&slightly)).await["after"]["text"], "100");
    let far = make(&tenant, "set", set("60")).await;
    assert_eq!(approved("revert_change", revert(&far)).await["after"]["text"], "100");
    let too_far = make(&tenant, "set", set("10")).await;
    assert_eq!(class(&tenant.agent, revert(&too_far)).await, "over_cap");
    approved("set", set("on")).await;
    let paused = make(&tenant, "set", set("off")).await;
    let back = approved("revert_change", revert(&paused)).await;
    assert!(back["warnings"][0].as_str().unwrap().contains("spend money"), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_take_a_change_back_at_once_one_does_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let change = make(&tenant, "set", set("second")).await;
        let previews = join_all((0..8).map(|_| tenant.agent.ok("probe", "revert_change", revert(&change)))).await;
        let confirmations = previews.iter().map(|preview| with_preview(revert(&change), preview));
        let results =
            join_all(confirmations.map(|arguments| tenant.agent.call("probe", "revert_change", arguments))).await;
        let applied = results.iter().filter(|result| result["isError"] == false).count();
        assert_eq!((applied, sent(&app), value(&tenant).await), (1, 2, json!("first")), "{results:?}");
    }
}

#[tokio::test]
async fn a_revert_that_the_upstream_refuses_can_be_tried_again_and_one_of_unknown_end_cannot() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let change = make(&tenant, "set", set("second")).await;
    let meets = async |behaviour| {
        let preview = tenant.agent.ok("probe", "revert_change", revert(&change)).await;
        app.vendor("probe").script.next(1, PASS);
        app.vendor("probe").script.next(1, behaviour);
        class(&tenant.agent, with_preview(revert(&change), &preview)).await
    };
    assert_eq!(meets(Behaviour::Status { code: 400 }).await, "bad_request");
    assert_eq!(meets(Behaviour::Garbage).await, "outcome_unknown");
    let before = sent(&app);
    assert_eq!(class(&tenant.agent, revert(&change)).await, "outcome_unknown");
    assert_eq!((sent(&app), value(&tenant).await), (before, json!("second")));
}

#[tokio::test]
async fn a_server_has_the_tool_where_it_has_writes_and_a_key_may_write() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for integration in integrations() {
        let name = integration.manifest.name;
        let reader = app.agent(tenant.id, vec![format!("{name}:read")]).await;
        let has = async |agent: &Agent, path: String, tool: String| {
            agent.tools(&path).await.iter().any(|listed| listed["name"] == tool.as_str())
        };
        let writes = integration.tools.iter().any(|tool| tool.spec.access == Access::Write);
        let path = format!("/{name}/mcp");
        assert_eq!(has(&tenant.agent, path.clone(), "revert_change".into()).await, writes, "{name}");
        assert!(!has(&reader, path, "revert_change".into()).await, "{name}");
        let combined = format!("{}_revert_change", name.replace('-', "_"));
        assert_eq!(has(&tenant.agent, "/mcp".into(), combined).await, writes, "{name}");
    }
}
