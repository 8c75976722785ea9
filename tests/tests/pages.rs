//! Calls that a member makes from a page, and what calls were made with.

use std::time::Duration;

use serde_json::{Map, Value, json};
use turnpike_core::{Outcome, PersonId, Role, arguments_digest};
use turnpike_gateway::{Caller, PageAnswer};
use turnpike_tests::{
    app::{Backend, Tenant, TestApp},
    probe,
};

fn arguments(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn member(app: &TestApp, tenant: &Tenant, person: PersonId, role: Role) -> Caller {
    let found = app.store().tenant(tenant.id).get().await.unwrap();
    Caller::member(&found, person, role, vec![], vec![], vec!["probe:read".into(), "probe:write".into()], true)
}

async fn call(app: &TestApp, caller: Caller, tool: &str, given: &Value) -> PageAnswer {
    app.gateway.call_for(caller, "probe", tool, arguments(given), "portal").await.unwrap()
}

#[tokio::test]
async fn a_members_call_is_priced_limited_and_in_the_ledger_like_an_agents() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let person: PersonId = app.operator.ambient.id();
    let given = json!({ "account": probe::ACCOUNT, "text": "hello" });
    let answer = call(&app, member(&app, &tenant, person, Role::Member).await, "echo", &given).await;
    assert_eq!((answer.outcome, answer.is_error), (Outcome::Success, false), "{answer:?}");
    assert_eq!(answer.structured.as_ref().unwrap()["text"], "hello");
    assert!(answer.text.contains("hello"));
    let row = app.calls(tenant.id).await.remove(0);
    assert_eq!((row.call_id, row.principal.as_str()), (answer.call_id, format!("person:{person}").as_str()));
    assert_eq!((row.client.as_deref(), json!(row.price)), (Some("portal"), answer.meta["price"]["micros"].clone()));

    let caller = member(&app, &tenant, person, Role::Auditor).await;
    let refused = call(&app, caller, "set", &json!({ "account": probe::ACCOUNT, "text": "1" })).await;
    assert_eq!((refused.outcome, refused.is_error), (Outcome::CallerFault, true));
    assert!(refused.text.contains("role"), "{}", refused.text);
    let caller = member(&app, &tenant, person, Role::Owner).await;
    assert!(app.gateway.call_for(caller.clone(), "probe", "none", Map::new(), "portal").await.is_none());
    assert!(app.gateway.call_for(caller, "none", "echo", Map::new(), "portal").await.is_none());
}

#[tokio::test]
async fn what_a_call_was_made_with_is_kept_without_secrets_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let long = "x".repeat(9_000);
        for text in ["hello", "Bearer abcdefghijklmnop", &long, "last"] {
            tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": text })).await;
        }
        let rows = app.calls(tenant.id).await;
        let (ours, now) = (app.store().tenant(tenant.id), app.operator.ambient.now());
        let kept = async |at: usize| ours.find_call_arguments(rows[at].call_id, now).await.unwrap();
        // They are written a moment after the call, in the order of the calls.
        let written = async {
            while kept(0).await.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), written).await.expect("they are written");
        let digest = |json: &str| arguments_digest("probe", "echo", json).to_string();
        assert_eq!(kept(1).await, None, "too long");
        let scrubbed = kept(2).await.unwrap();
        assert!(!scrubbed.contains("abcdefghijklmnop"), "{scrubbed}");
        assert_ne!(digest(&scrubbed), rows[2].arguments_digest, "it cannot be made again");
        assert_eq!(digest(&kept(3).await.unwrap()), rows[3].arguments_digest, "it can");
    }
}

#[tokio::test]
async fn an_operator_who_wants_no_arguments_kept_has_none() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.limits.keep_arguments_days = 0).await;
    let tenant = app.tenant("one").await;
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": "hello" })).await;
    let row = app.calls(tenant.id).await.remove(0);
    let (store, now) = (app.store().clone(), app.operator.ambient.now());
    app.begin_stop();
    app.stopped().await.unwrap();
    assert_eq!(store.tenant(tenant.id).find_call_arguments(row.call_id, now).await.unwrap(), None);
}
