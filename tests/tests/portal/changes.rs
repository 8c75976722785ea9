//! A person's word on changes: approved, denied, taken back.

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_core::{Micros, PersonId, Role, WritePolicy};
use turnpike_gateway::Caller;
use turnpike_store::{AuditEvent, AuditFilter, PolicyRow};
use turnpike_tests::{
    app::{Tenant, TestApp},
    probe,
    visitor::{Seen, Visitor},
};

fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

/// Previews a change: what it was answered, and what confirms it.
async fn preview(tenant: &Tenant, text: &str) -> (Value, Value) {
    let preview = tenant.agent.ok("probe", "set", set(text)).await;
    let mut confirmation = set(text);
    confirmation["preview_id"] = preview["preview_id"].clone();
    (preview, confirmation)
}

/// Makes a change that nobody need approve; its id.
async fn change(tenant: &Tenant, text: &str) -> String {
    let (_, confirmation) = preview(tenant, text).await;
    let applied = tenant.agent.ok("probe", "set", confirmation).await;
    applied["change_id"].as_str().unwrap().to_owned()
}

async fn value(tenant: &Tenant) -> String {
    let answer = tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await;
    answer["text"].as_str().unwrap().to_owned()
}

async fn audited(app: &TestApp, tenant: &Tenant, action: &str) -> Vec<AuditEvent> {
    let filter = AuditFilter { action: Some(action.into()), limit: 100, ..AuditFilter::default() };
    app.store().tenant(tenant.id).list_audit(&filter).await.unwrap()
}

/// The preview in the form that confirms it.
fn previewed(seen: &Seen) -> String {
    let field = seen.text.split("name=\"preview_id\" value=\"").nth(1);
    field.unwrap_or_else(|| panic!("no preview in {}", seen.words())).split('"').next().unwrap().to_owned()
}

async fn take_back(visitor: &Visitor, change: &str) -> Seen {
    visitor.post(&format!("/changes/{change}/take-back"), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_approves_is_confirmed_and_what_one_denies_is_not() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, person) = app.member(tenant.id, Role::Admin).await;
    let (member, _) = app.member(tenant.id, Role::Member).await;
    let mut decided = vec![];
    for decision in ["approve", "deny"] {
        // From no amount at all a person approves.
        let (asked, confirmation) = preview(&tenant, "100").await;
        let id = asked["approval"]["approval_id"].as_str().expect("a person is asked");
        let preview_id = asked["preview_id"].as_str().unwrap();
        assert_eq!(tenant.agent.refused("probe", "set", confirmation.clone()).await["class"], "approval_needed");
        let page = format!("/changes/{preview_id}");
        assert_eq!(member.get(&format!("/approvals/{id}")).await.location(), page);
        let waiting = member.look("/changes").await;
        assert!(waiting.text.contains(&page) && waiting.words().contains("no amount yet"), "{}", waiting.words());
        assert!(!waiting.text.contains("Approve") && admin.look(&page).await.text.contains("Approve"));

        let path = format!("/approvals/{id}");
        assert_eq!(member.post(&path, &[("decision", "approve")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(admin.post(&path, &[("decision", "maybe")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(admin.submit(&path, &[("decision", decision)]).await, format!("{page}?notice=decided"));
        for other in ["approve", "deny"] {
            let late = admin.submit(&path, &[("decision", other)]).await;
            assert_eq!(late, format!("{page}?notice=decided-before"));
        }
        assert!(admin.look("/changes").await.words().contains("Nothing waits"));
        assert!(admin.look(&page).await.words().contains("The admin"), "it shows who decided");
        decided.push((confirmation, id.to_owned()));
    }
    assert_eq!(tenant.agent.refused("probe", "set", decided[1].0.clone()).await["class"], "approval_denied");
    assert_eq!(value(&tenant).await, "first");
    tenant.agent.ok("probe", "set", decided[0].0.clone()).await;
    assert_eq!(value(&tenant).await, "100");

    let events = audited(&app, &tenant, "approval.decided").await;
    let told: Vec<_> = events.iter().map(|event| (event.subject.as_str(), event.actor.clone())).collect();
    let by = format!("person:{person}");
    let subjects = [1, 0].map(|place: usize| format!("approval:{}", decided[place].1));
    assert_eq!(told, [(subjects[0].as_str(), by.clone()), (subjects[1].as_str(), by)]);
    assert!(admin.look("/changes").await.words().contains("applied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_decides_takes_back_what_an_agent_has_changed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, person) = app.member(tenant.id, Role::Admin).await;
    let change = change(&tenant, "second").await;
    let page = admin.look(&format!("/changes/{change}")).await;
    assert!(page.words().contains("second") && page.text.contains("Preview taking it back"));

    let shown = take_back(&admin, &change).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.words());
    assert_eq!(value(&tenant).await, "second", "a preview changes nothing");
    let preview_id = previewed(&shown);
    let path = format!("/changes/{change}/take-back");
    let after = admin.submit(&path, &[("preview_id", &preview_id)]).await;
    assert_eq!(after, format!("/changes/{preview_id}?notice=taken-back"));
    assert_eq!(value(&tenant).await, "first");
    assert!(admin.look(&after).await.text.contains(&format!("/changes/{change}")), "it says what it takes back");
    assert_eq!(admin.submit(&path, &[("preview_id", &preview_id)]).await, after, "sent twice, done once");
    let events = audited(&app, &tenant, "change.reverted").await;
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0].subject, &events[0].actor), (&format!("change:{change}"), &format!("person:{person}")));

    let again = take_back(&admin, &change).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.words().contains("taken back already"), "{}", again.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_a_lower_role_takes_back_nothing_and_neither_does_another_agent() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let change = change(&tenant, "second").await;
    for role in [Role::Auditor, Role::Member] {
        let (visitor, _) = app.member(tenant.id, role).await;
        assert!(!visitor.look(&format!("/changes/{change}")).await.text.contains("Preview taking it back"));
        assert_eq!(take_back(&visitor, &change).await.status, StatusCode::FORBIDDEN);
    }
    // The gateway asks again, whoever calls it.
    let row = app.store().tenant(tenant.id).get().await.unwrap();
    let person: PersonId = app.operator.ambient.id();
    let arguments = json!({ "change_id": change });
    for (role, expected) in [(Role::Member, "unknown_change"), (Role::Admin, "preview")] {
        let scopes = vec!["probe:read".into(), "probe:write".into()];
        let caller = Caller::member(&row, person, role, vec![], vec![], scopes, true);
        let arguments = arguments.as_object().unwrap().clone();
        let answer = app.gateway.call_for(caller, "probe", "revert_change", arguments, "portal").await.unwrap();
        let said = format!("{} {}", answer.text, answer.meta);
        assert!(said.contains(expected), "{role}: {said}");
    }
    let colleague = app.agent(tenant.id, vec!["probe:read".into(), "probe:write".into()]).await;
    assert_eq!(colleague.refused("probe", "revert_change", arguments).await["class"], "unknown_change");
    assert_eq!(value(&tenant).await, "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_back_what_spends_more_is_approved_by_whoever_does_it_and_stays_under_the_cap() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, _) = app.member(tenant.id, Role::Admin).await;
    let (asked, confirmation) = preview(&tenant, "600").await;
    let id = asked["approval"]["approval_id"].as_str().unwrap();
    admin.submit(&format!("/approvals/{id}"), &[("decision", "approve")]).await;
    tenant.agent.ok("probe", "set", confirmation).await;

    let lowered = change(&tenant, "500").await;
    let shown = take_back(&admin, &lowered).await;
    assert!(shown.text.contains("Approve and take back"), "{}", shown.words());
    let (preview_id, path) = (previewed(&shown), format!("/changes/{lowered}/take-back"));
    // What another person has previewed is theirs to confirm.
    let (other, _) = app.member(tenant.id, Role::Owner).await;
    assert_eq!(other.post(&path, &[("preview_id", &preview_id)]).await.status, StatusCode::NOT_FOUND);
    assert!(admin.submit(&path, &[("preview_id", &preview_id)]).await.contains("notice=taken-back"));
    assert_eq!(value(&tenant).await, "600");
    assert_eq!(audited(&app, &tenant, "approval.decided").await.len(), 2);

    let lowered = change(&tenant, "400").await;
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection("probe").await.unwrap().unwrap().id;
    let policy = WritePolicy {
        max_amount: Micros(450_000_000),
        max_rise_percent: 100,
        approve_amount: Micros(450_000_000),
        approve_rise_percent: 100,
        approve_starts: false,
    };
    let row = PolicyRow { policy, set_by: "desk".into(), set_at: app.operator.ambient.now() };
    rows.set_write_policy(connection, &row).await.unwrap();
    let capped = take_back(&admin, &lowered).await;
    assert_eq!(capped.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(capped.words().contains("the highest amount allowed"), "{}", capped.words());
    assert_eq!(value(&tenant).await, "400");
}
