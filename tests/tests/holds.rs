//! Whose limit stops whom: a vendor's refusal holds as much as it is about, and nothing beside it.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_sdk::Behaviour;
use turnpike_store::ConnectionState;
use turnpike_tenancy::Side;
use turnpike_tests::app::{Tenant, TestApp};

const NAME: &str = "supermetrics";

fn ask(account: &str) -> Value {
    json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-02", "fields": ["Cost"] })
}

async fn class(tenant: &Tenant, account: &str) -> String {
    let mut ask = ask(account);
    if account.starts_with("FA:") {
        ask["fields"] = json!(["cost"]);
    }
    let result = tenant.agent.call(NAME, "run_query", ask).await;
    result["_meta"]["error"]["class"].as_str().unwrap_or("answered").to_owned()
}

#[tokio::test]
async fn a_rate_limit_of_our_address_stops_every_tenant_until_its_end() {
    let app = TestApp::start().await;
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let script = &app.vendor(NAME).script;
    script.next(1, Behaviour::Storm { seconds: 60 });
    let error = one.agent.refused(NAME, "run_query", ask("AW:1000000002")).await;
    assert_eq!(error["class"], "rate_storm");
    assert!(error["whose_limit"].as_str().unwrap().contains("address"), "{error}");
    let before = script.received();
    assert_eq!(class(&two, "FA:1000000002").await, "rate_storm");
    assert_eq!(script.received(), before, "nothing is sent while it lasts");
    let seen: Vec<_> =
        app.operator.upstream.health().await.into_iter().map(|scope| (scope.integration, scope.part)).collect();
    assert_eq!(seen, [(NAME.to_owned(), "host".to_owned())], "the operator sees it");
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(class(&two, "FA:1000000002").await, "answered");
    assert_eq!(app.operator.upstream.health().await, []);
}

#[tokio::test]
async fn an_ended_licence_stops_its_own_key_and_no_other_tenant() {
    let app = TestApp::start().await;
    let (one, two) = (app.tenant("one").await, app.unconnected("two").await);
    let expired = [("key", "api_sandbox_expired".to_owned())].into();
    app.connect_with(two.id, NAME, Side::Live, expired).await.unwrap();
    let error = two.agent.refused(NAME, "run_query", ask("AW:1000000002")).await;
    assert_eq!((&error["class"], &error["upstream_code"]), (&json!("quota_daily"), &json!("LICENSE_EXPIRED")));
    let before = app.vendor(NAME).script.received();
    assert_eq!(class(&two, "AW:1000000004").await, "quota_daily");
    assert_eq!(app.vendor(NAME).script.received(), before, "the licence answers nobody who holds its key");
    assert_eq!(class(&one, "AW:1000000002").await, "answered");
}

#[tokio::test]
async fn the_quota_of_a_source_stops_its_account_only() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor(NAME).script.next(1, Behaviour::QuotaDaily { seconds: 3600 });
    assert_eq!(class(&tenant, "AW:1000000002").await, "quota_daily");
    assert_eq!(class(&tenant, "AW:1000000002").await, "quota_daily");
    assert_eq!(class(&tenant, "AW:1000000004").await, "answered");
}

#[tokio::test]
async fn a_key_is_tried_when_it_is_saved_and_a_dead_one_asks_for_a_new_one() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    for (key, words) in [("api_unknown", "does not accept the API key"), ("api_sandbox_elsewhere", "egress address")] {
        let form = [("key", key.to_owned())].into();
        let error = app.connect_with(tenant.id, NAME, Side::Live, form).await.unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains(key), "{error}");
    }
    let form = [("key", " api_sandbox\n".to_owned())].into();
    let connection = app.connect_with(tenant.id, NAME, Side::Live, form).await.unwrap();
    assert_eq!(connection.accounts.len(), 7);
    let sent = app.vendor(NAME).script.recorded().pop().unwrap();
    assert_eq!(sent.headers["authorization"], "Bearer api_sandbox");

    app.vendor(NAME).script.next(1, Behaviour::Revoked);
    let error = tenant.agent.refused(NAME, "run_query", ask("AW:1000000002")).await;
    assert_eq!(error["class"], "reconnect_needed");
    let row = app.store().tenant(tenant.id).find_connection(NAME).await.unwrap().unwrap();
    assert_eq!(row.state, ConnectionState::ReconnectNeeded);
    let before = app.vendor(NAME).script.received();
    assert_eq!(class(&tenant, "AW:1000000002").await, "reconnect_needed");
    assert_eq!(app.vendor(NAME).script.received(), before, "what is gone is not asked again");
}
