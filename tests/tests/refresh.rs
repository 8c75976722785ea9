//! Access tokens end while agents call: one refresh for all, none of them notices, and a revoked grant asks for a person.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::{Behaviour, TokenEndpoint};
use turnpike_store::ConnectionState;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp},
};

const ADS: &str = "google-ads";
/// What a token lives at the sandbox, and how long before its end it is renewed.
const LIFE: Duration = Duration::from_secs(3599);
const AHEAD: Duration = Duration::from_secs(300);

async fn scene(backend: Backend) -> (TestApp, Tenant, TokenEndpoint) {
    let app = TestApp::start_with(backend, |settings| {
        settings.limits.tenant_concurrent = 64;
        settings.integrations.get_mut(ADS).unwrap().read_burst = 1000;
    })
    .await;
    let tenant = app.tenant("one").await;
    let tokens = app.vendor(ADS).tokens.clone().unwrap();
    tokens.rotate();
    (app, tenant, tokens)
}

async fn list_accounts(tenant: &Tenant) -> Value {
    tenant.agent.call(ADS, "list_accounts", json!({})).await
}

async fn fifty_calls(tenant: &Tenant) {
    for result in join_all((0..50).map(|_| list_accounts(tenant))).await {
        assert_eq!(result["isError"], false, "{result}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_on_a_token_that_the_vendor_no_longer_takes_make_one_refresh_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let (app, tenant, tokens) = scene(backend).await;
        list_accounts(&tenant).await;
        let before = tokens.refreshes();
        tokens.expire_all();
        fifty_calls(&tenant).await;
        assert_eq!((tokens.refreshes() - before, tokens.is_revoked()), (1, false), "{backend:?}");
        assert!(app.calls(tenant.id).await.iter().all(|call| call.class.is_none()), "{backend:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_after_the_token_s_known_end_make_one_refresh_and_send_no_dead_token() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    let before = tokens.refreshes();
    app.clock.advance(LIFE * 2);
    fifty_calls(&tenant).await;
    assert_eq!((tokens.refreshes() - before, tokens.is_revoked()), (1, false));
    assert!(app.calls(tenant.id).await.iter().all(|call| !call.steps.contains("auth_expired")));
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_while_calls_go_on_with_it() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    let before = tokens.refreshes();
    app.clock.advance(LIFE - AHEAD / 2);
    // The token endpoint takes its time, and no call waits for it.
    app.vendor(ADS).script.on_tokens().next(1, Behaviour::Slow { millis: 300 });
    for _ in 0..3 {
        assert_eq!(list_accounts(&tenant).await["isError"], false);
    }
    while tokens.refreshes() == before {
        tokio::task::yield_now().await;
    }
    app.clock.advance(AHEAD);
    assert_eq!(list_accounts(&tenant).await["isError"], false);
    assert_eq!(tokens.refreshes() - before, 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_rotated_token_with_it() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    let before = tokens.refreshes();
    tokens.expire_all();
    app.vendor(ADS).script.on_tokens().next(1, Behaviour::Slow { millis: 300 });
    let (agent, calling) = (tenant.agent.clone(), tokens.clone());
    tokio::select! {
        result = agent.call(ADS, "list_accounts", json!({})) => panic!("the call should not end: {result}"),
        () = async { while calling.refreshes() == before { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(list_accounts(&tenant).await["isError"], false);
    assert_eq!((tokens.refreshes() - before, tokens.is_revoked()), (1, false));
}

#[tokio::test]
async fn a_revoked_grant_is_told_with_a_link_and_asked_for_once() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    tokens.revoke();
    let error = tenant.agent.refused(ADS, "list_accounts", json!({})).await;
    let connection = app.store().tenant(tenant.id).find_connection(ADS).await.unwrap().unwrap();
    assert_eq!(error["class"], "reconnect_needed");
    assert_eq!(error["reconnect_url"], format!("{}/reconnect/{}", app.url, connection.id));
    assert_eq!(connection.state, ConnectionState::ReconnectNeeded);
    let row = app.calls(tenant.id).await.remove(0);
    assert_eq!((row.outcome, row.price), (Outcome::CallerFault, Micros(0)));

    // The link asks strangers to sign in, and says nothing else: another's connection and none look the same.
    let mut shown = vec![];
    for id in [connection.id.to_string(), tenant.id.to_string()] {
        let page = tenant.agent.request(reqwest::Method::GET, &format!("/reconnect/{id}")).send().await.unwrap();
        assert_eq!(page.url().path(), "/sign-in");
        shown.push(page.text().await.unwrap().replace(&id, ""));
    }
    assert_eq!(shown[0], shown[1]);

    let asked = || app.vendor(ADS).script.recorded().iter().filter(|request| request.uri.path() == "/token").count();
    let before = asked();
    for _ in 0..3 {
        assert_eq!(tenant.agent.refused(ADS, "list_accounts", json!({})).await["class"], "reconnect_needed");
    }
    assert_eq!(asked(), before, "an ended grant is not asked for again");
}

#[tokio::test]
async fn an_ended_grant_leaves_the_present_access_token_usable_until_its_end() {
    let (app, tenant, _) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection(ADS).await.unwrap().unwrap();
    rows.set_connection_state(connection.id, ConnectionState::ReconnectNeeded, Some("ended"), connection.created_at)
        .await
        .unwrap();
    assert_eq!(list_accounts(&tenant).await["isError"], false);
    app.clock.advance(LIFE);
    assert_eq!(tenant.agent.refused(ADS, "list_accounts", json!({})).await["class"], "reconnect_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_that_wait_for_a_refresh_that_fails_ask_once_and_close_nothing_to_others() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    list_accounts(&tenant).await;
    tokens.expire_all();
    app.clock.advance(LIFE);
    let asked = || app.vendor(ADS).script.recorded().iter().filter(|request| request.uri.path() == "/token").count();
    let before = asked();
    app.vendor(ADS).script.on_tokens().next(50, Behaviour::SlowFailure { millis: 300 });
    for result in join_all((0..50).map(|_| list_accounts(&tenant))).await {
        assert_eq!(result["_meta"]["error"]["class"], "upstream", "{result}");
    }
    assert!(asked() - before < 5, "the authorization server was asked {} times", asked() - before);
    app.vendor(ADS).script.on_tokens().clear();
    assert_eq!(list_accounts(&tenant).await["isError"], false, "no breaker stands between");
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_the_upstream_s_fault_and_the_grant_lives_on() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    for behaviour in [Behaviour::Html500, Behaviour::Garbage, Behaviour::Status { code: 429 }] {
        tokens.expire_all();
        app.vendor(ADS).script.on_tokens().next(1, behaviour);
        let error = tenant.agent.refused(ADS, "list_accounts", json!({})).await;
        assert_eq!(error["class"], "upstream", "{behaviour:?}: {error}");
        assert_eq!(list_accounts(&tenant).await["isError"], false, "{behaviour:?}");
    }
    assert!(!tokens.is_revoked());
}

#[tokio::test]
async fn a_replica_that_missed_the_last_refresh_does_not_take_its_token_for_a_fresh_one() {
    let (app, tenant, tokens) = scene(Backend::Sqlite).await;
    let (url, _) = app.start_replica().await;
    let behind = Agent::new(&url, tenant.agent.key());
    behind.call(ADS, "list_accounts", json!({})).await;
    let before = tokens.refreshes();
    for caller in [&tenant.agent, &behind] {
        tokens.expire_all();
        app.clock.advance(Duration::from_secs(1));
        let answer = caller.call(ADS, "list_accounts", json!({})).await;
        assert_eq!(answer["isError"], false, "{answer}");
        app.clock.advance(Duration::from_secs(1));
    }
    assert_eq!((tokens.refreshes() - before, tokens.is_revoked()), (2, false));
}
