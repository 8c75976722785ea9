//! Caps that no write passes, and thresholds above which a person must approve.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use turnpike_core::{ApprovalId, Micros, WritePolicy};
use turnpike_store::{ApprovalState, PolicyRow};
use turnpike_tests::{
    app::{Backend, Tenant, TestApp},
    probe,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The probe's value: an amount where it is a number, something that spends where it is `on`.
fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

/// The preview of a change, and what confirms it.
async fn preview(tenant: &Tenant, text: &str) -> (Value, Value) {
    let preview = tenant.agent.ok("probe", "set", set(text)).await;
    assert_eq!(preview["status"], "preview", "{preview}");
    let mut confirmation = set(text);
    confirmation["preview_id"] = preview["preview_id"].clone();
    (preview, confirmation)
}

/// A change that nobody need approve.
async fn change(tenant: &Tenant, text: &str) {
    let (preview, confirmation) = preview(tenant, text).await;
    assert_eq!(preview.get("approval"), None, "{preview}");
    assert_eq!(tenant.agent.ok("probe", "set", confirmation).await["status"], "applied");
}

/// The preview of a change that a person must approve: its approval, and what confirms it.
async fn ask(tenant: &Tenant, text: &str) -> (ApprovalId, Value) {
    let (preview, confirmation) = preview(tenant, text).await;
    let id = preview["approval"]["approval_id"].as_str().unwrap_or_else(|| panic!("nobody is asked: {preview}"));
    (id.parse().unwrap(), confirmation)
}

async fn refused(tenant: &Tenant, arguments: &Value) -> Value {
    tenant.agent.refused("probe", "set", arguments.clone()).await
}

/// A tenant of an app with the shipped policy, and the probe's value at 100.
async fn begin(backend: Backend) -> (TestApp, Tenant) {
    let app = TestApp::start_with(backend, |settings| settings.writes.approve_starts = true).await;
    let tenant = app.tenant("one").await;
    let (id, confirmation) = ask(&tenant, "100").await;
    assert!(decide(&app, &tenant, id, ApprovalState::Approved).await, "from no amount at all a person approves");
    tenant.agent.ok("probe", "set", confirmation).await;
    (app, tenant)
}

async fn decide(app: &TestApp, tenant: &Tenant, id: ApprovalId, state: ApprovalState) -> bool {
    let now = app.operator.ambient.now();
    app.store().tenant(tenant.id).decide_approval(id, state, "ana", now, now.plus(DAY)).await.unwrap()
}

/// Changes the shipped policy for the tenant's connection.
async fn policy(app: &TestApp, tenant: &Tenant, change: impl FnOnce(&mut WritePolicy)) {
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection("probe").await.unwrap().unwrap().id;
    let mut policy = WritePolicy {
        max_amount: Micros(1_000_000_000),
        max_rise_percent: 100,
        approve_amount: Micros(500_000_000),
        approve_rise_percent: 50,
        approve_starts: true,
    };
    change(&mut policy);
    let row = PolicyRow { policy, set_by: "ana".into(), set_at: app.operator.ambient.now() };
    rows.set_write_policy(connection, &row).await.unwrap();
}

/// How many changes the upstream has received.
fn sent(app: &TestApp) -> usize {
    app.vendor("probe").script.recorded().iter().filter(|request| request.method == Method::POST).count()
}

#[tokio::test]
async fn a_cap_refuses_at_the_preview_and_again_at_the_confirmation_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let (app, tenant) = begin(backend).await;
        let before = sent(&app);
        let error = refused(&tenant, &set("1001")).await;
        assert_eq!(error["class"], "over_cap");
        let told = |part: &str, words: &str| assert!(error[part].as_str().unwrap().contains(words), "{error}");
        told("message", "1001 EUR is above 1000 EUR");
        told("next_step", "at most 1000 EUR");
        told("whose_limit", "service provider");

        // Allowed when it was previewed, and not when it is confirmed.
        let (_, confirmation) = preview(&tenant, "140").await;
        policy(&app, &tenant, |policy| policy.max_amount = Micros(139_000_000)).await;
        let received = app.vendor("probe").script.received();
        let error = refused(&tenant, &confirmation).await;
        assert_eq!(
            (&error["class"], &error["whose_limit"]),
            (&json!("over_cap"), &json!("the write policy of this connection"))
        );
        assert_eq!(app.vendor("probe").script.received(), received, "the upstream is not even asked");
        policy(&app, &tenant, |_| {}).await;
        tenant.agent.ok("probe", "set", confirmation).await;
        assert_eq!(sent(&app), before + 1);
    }
}

#[tokio::test]
async fn a_rise_by_too_many_percent_is_refused_and_lowering_never_is() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let error = refused(&tenant, &set("201")).await;
    assert_eq!(error["class"], "over_cap");
    assert!(error["message"].as_str().unwrap().contains("100 %"), "{error}");
    assert!(error["next_step"].as_str().unwrap().contains("at most 200 EUR"), "{error}");
    policy(&app, &tenant, |policy| (policy.max_amount, policy.max_rise_percent) = (Micros(0), 0)).await;
    assert_eq!(refused(&tenant, &set("101")).await["class"], "over_cap");
    change(&tenant, "99").await;
    change(&tenant, "off").await;
}

#[tokio::test]
async fn a_change_above_a_threshold_is_applied_once_after_a_person_has_approved_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let (app, tenant) = begin(backend).await;
        let (before, received) = (sent(&app), app.vendor("probe").script.received());
        let (id, confirmation) = ask(&tenant, "160").await;
        let previewed = app.vendor("probe").script.received();
        assert!(previewed > received);
        for _ in 0..2 {
            let error = refused(&tenant, &confirmation).await;
            assert_eq!((&error["class"], &error["approval_id"]), (&json!("approval_needed"), &json!(id.to_string())));
            let next = error["next_step"].as_str().unwrap();
            assert!(next.contains(&format!("/approvals/{id}")), "{next}");
        }
        assert_eq!(app.vendor("probe").script.received(), previewed, "nothing is sent before");

        // The preview waits for longer than one that needs nobody.
        app.clock.advance(DAY - Duration::from_secs(60));
        assert!(decide(&app, &tenant, id, ApprovalState::Approved).await);
        app.clock.advance(DAY - Duration::from_secs(60));
        let applied = tenant.agent.ok("probe", "set", confirmation.clone()).await;
        assert_eq!((&applied["status"], &applied["after"]["text"]), (&json!("applied"), &json!("160")));
        let again = tenant.agent.call("probe", "set", confirmation).await;
        assert_eq!((&again["structuredContent"], &again["_meta"]["outcome"]), (&applied, &json!("replayed")));
        assert_eq!(sent(&app), before + 1);
        assert!(!decide(&app, &tenant, id, ApprovalState::Denied).await, "it was decided");

        change(&tenant, "100").await;
        let (_, second) = ask(&tenant, "160").await;
        assert_eq!(refused(&tenant, &second).await["class"], "approval_needed", "an approval is for one preview");
    }
}

#[tokio::test]
async fn a_denied_change_and_one_that_nobody_approved_in_time_are_never_sent() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let before = sent(&app);
    let (denied, of_denied) = ask(&tenant, "160").await;
    let (late, of_late) = ask(&tenant, "160").await;
    let (unused, of_unused) = ask(&tenant, "160").await;
    assert!(decide(&app, &tenant, denied, ApprovalState::Denied).await);
    assert!(decide(&app, &tenant, unused, ApprovalState::Approved).await);
    assert_eq!(refused(&tenant, &of_denied).await["class"], "approval_denied");
    app.clock.advance(DAY);
    assert!(!decide(&app, &tenant, late, ApprovalState::Approved).await, "its time is over");
    for confirmation in [of_late, of_unused] {
        assert_eq!(refused(&tenant, &confirmation).await["class"], "approval_lapsed");
    }
    // A policy that asks for no approval any more does not undo a person's no.
    policy(&app, &tenant, |policy| policy.approve_rise_percent = 100).await;
    assert_eq!(refused(&tenant, &of_denied).await["class"], "approval_denied");
    assert_eq!(sent(&app), before);
}

#[tokio::test]
async fn an_approval_lets_no_moved_value_and_no_cap_pass() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let (id, confirmation) = ask(&tenant, "160").await;
    assert!(decide(&app, &tenant, id, ApprovalState::Approved).await);
    policy(&app, &tenant, |policy| policy.max_rise_percent = 55).await;
    assert_eq!(refused(&tenant, &confirmation).await["class"], "over_cap");
    policy(&app, &tenant, |_| {}).await;
    change(&tenant, "99").await;
    let before = sent(&app);
    let error = refused(&tenant, &confirmation).await;
    assert_eq!(error["class"], "moved");
    assert!(error["message"].as_str().unwrap().contains("`text` was \"100\" and is \"99\""), "{error}");
    assert_eq!(sent(&app), before);
}

#[tokio::test]
async fn a_policy_that_asks_for_approval_since_the_preview_is_heard() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let (preview, confirmation) = preview(&tenant, "120").await;
    assert_eq!(preview.get("approval"), None);
    policy(&app, &tenant, |policy| policy.approve_amount = Micros(0)).await;
    let error = refused(&tenant, &confirmation).await;
    assert_eq!(error["class"], "approval_needed", "{error}");
    let id = error["approval_id"].as_str().unwrap().parse().unwrap();
    app.clock.advance(DAY - Duration::from_secs(60));
    assert!(decide(&app, &tenant, id, ApprovalState::Approved).await, "the preview has waited");
    tenant.agent.ok("probe", "set", confirmation).await;
}

#[tokio::test]
async fn what_begins_to_spend_needs_a_person_and_what_stops_does_not() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let (id, confirmation) = ask(&tenant, "on").await;
    assert!(decide(&app, &tenant, id, ApprovalState::Approved).await);
    tenant.agent.ok("probe", "set", confirmation).await;
    change(&tenant, "off").await;
    policy(&app, &tenant, |policy| policy.approve_starts = false).await;
    change(&tenant, "on").await;
}

/// What an agent sends cannot make it a person.
#[tokio::test]
async fn no_argument_approves() {
    let (_app, tenant) = begin(Backend::Sqlite).await;
    let (id, confirmation) = ask(&tenant, "160").await;
    for (name, value) in
        [("approval", json!("approved")), ("approval_id", json!(id.to_string())), ("approved", json!(true))]
    {
        let mut arguments = confirmation.clone();
        arguments[name] = value;
        assert_eq!(refused(&tenant, &arguments).await["class"], "invalid_argument", "{name}");
    }
}

#[tokio::test]
async fn a_policy_and_an_approval_are_one_tenants() {
    let (app, tenant) = begin(Backend::Sqlite).await;
    let stranger = app.tenant("two").await;
    policy(&app, &stranger, |policy| policy.max_rise_percent = 10_000).await;
    assert_eq!(refused(&tenant, &set("900")).await["class"], "over_cap");
    let (id, confirmation) = ask(&stranger, "900").await;
    assert!(!decide(&app, &tenant, id, ApprovalState::Approved).await);
    assert_eq!(refused(&stranger, &confirmation).await["class"], "approval_needed");
}
