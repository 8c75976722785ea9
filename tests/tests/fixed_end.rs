//! Grants that end on a fixed day however often they are refreshed, and access tokens that the vendor does not know
//! everywhere in their first seconds.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_sdk::{Behaviour, TokenEndpoint};
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tests::app::{Tenant, TestApp};

const ADS: &str = "linkedin-ads";
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Beyond the time in which a refusal says nothing about the grant.
const SETTLED: Duration = Duration::from_secs(31);

struct Scene {
    app: TestApp,
    tenant: Tenant,
    tokens: TokenEndpoint,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let tenant = app.unconnected("one").await;
        app.connect(tenant.id, ADS).await;
        let tokens = app.vendor(ADS).tokens.clone().unwrap();
        Self { app, tenant, tokens }
    }

    async fn connection(&self) -> ConnectionRow {
        self.app.store().tenant(self.tenant.id).find_connection(ADS).await.unwrap().unwrap()
    }

    async fn list_accounts(&self) -> Value {
        self.tenant.agent.call(ADS, "list_accounts", json!({})).await
    }

    async fn refused(&self) -> Value {
        self.tenant.agent.refused(ADS, "list_accounts", json!({})).await
    }

    fn received(&self) -> u64 {
        self.app.vendor(ADS).script.received()
    }
}

#[tokio::test]
async fn a_new_token_that_is_called_revoked_for_two_seconds_does_not_end_the_connection() {
    let scene = Scene::new().await;
    scene.tokens.set_settling(Duration::from_secs(2));
    scene.tokens.expire_all();
    let (refreshes, before) = (scene.tokens.refreshes(), scene.received());
    let result = scene.list_accounts().await;
    assert_eq!(result["isError"], false, "{result}");
    assert_eq!(scene.tokens.refreshes() - refreshes, 1, "a second new token would be as new");
    assert_eq!(scene.connection().await.state, ConnectionState::Ok);
    let requests = scene.received() - before;
    assert!(requests <= 6, "the spent token, one refresh, the first try and three more: {requests}");
}

#[tokio::test]
async fn a_change_waits_for_its_new_token_too_and_is_made_once() {
    let scene = Scene::new().await;
    let mut arguments = json!({ "account_id": "511000001", "campaign_id": "1000001", "daily_amount": 33.5 });
    let preview = scene.tenant.agent.ok(ADS, "set_budget", arguments.clone()).await;
    arguments["preview_id"] = preview["preview_id"].clone();
    scene.tokens.set_settling(Duration::from_secs(1));
    scene.tokens.expire_all();
    let applied = scene.tenant.agent.ok(ADS, "set_budget", arguments).await;
    assert_eq!((&applied["status"], &applied["after"]["budget"]["daily_amount"]), (&json!("applied"), &json!(33.5)));
}

#[tokio::test]
async fn a_grant_that_was_taken_back_is_told_from_a_new_token_once_that_is_old_enough() {
    let scene = Scene::new().await;
    scene.tokens.revoke();
    let before = scene.received();
    let error = scene.refused().await;
    assert_eq!((&error["class"], &error["upstream_code"]), (&json!("upstream"), &json!("REVOKED_ACCESS_TOKEN")));
    assert!(error["retry_at"].is_string(), "{error}");
    assert_eq!(scene.received() - before, 4, "three more at most");
    assert_eq!(scene.connection().await.state, ConnectionState::Ok);

    scene.app.clock.advance(SETTLED);
    let before = scene.received();
    assert_eq!(scene.refused().await["class"], "reconnect_needed");
    assert_eq!(scene.received() - before, 1);
    assert_eq!(scene.connection().await.state, ConnectionState::ReconnectNeeded);
}

#[tokio::test]
async fn the_end_of_the_grant_is_known_from_the_first_refresh_and_told_when_it_comes() {
    let scene = Scene::new().await;
    let connection = scene.connection().await;
    let end = connection.predicted_end.expect("a predicted end");
    let days = end.since(connection.created_at).as_secs_f64() / DAY.as_secs_f64();
    assert!((364.9..365.1).contains(&days), "{days}");

    // A refresh on day 300 does not move it.
    scene.app.clock.advance(DAY * 300);
    assert_eq!(scene.list_accounts().await["isError"], false);
    let moved = scene.connection().await.predicted_end.expect("a predicted end");
    assert!(moved.since(end).max(end.since(moved)) < Duration::from_secs(60), "{end} became {moved}");

    scene.app.clock.advance(DAY * 66);
    let error = scene.refused().await;
    assert_eq!(error["class"], "reconnect_needed");
    assert!(error["reconnect_url"].is_string());
    let day = end.to_utc().date_naive().to_string();
    assert!(error["message"].as_str().unwrap().contains(&day), "{error}");
    let reason = scene.connection().await.reason.expect("a reason");
    assert!(reason.contains(&day) && reason.contains("refreshing never moves its end"), "{reason}");
}

#[tokio::test]
async fn in_the_last_days_of_a_grant_calls_do_not_refresh_a_token_that_cannot_live_longer() {
    let scene = Scene::new().await;
    scene.app.clock.advance(DAY * 361);
    assert_eq!(scene.list_accounts().await["isError"], false);
    let refreshes = scene.tokens.refreshes();
    // The token has four days left, fewer than the seven at which one is refreshed ahead.
    for _ in 0..3 {
        assert_eq!(scene.list_accounts().await["isError"], false);
    }
    assert_eq!(scene.tokens.refreshes(), refreshes);
}

#[tokio::test]
async fn a_spent_day_of_one_endpoint_and_one_user_stops_neither_other_endpoints_nor_other_tenants() {
    let scene = Scene::new().await;
    let other = scene.app.unconnected("two").await;
    scene.app.connect(other.id, ADS).await;
    let figures = json!({ "account_id": "511000001", "start_date": "2026-11-01", "end_date": "2026-11-07" });
    scene.app.vendor(ADS).script.next(1, Behaviour::QuotaDaily { seconds: 60 });
    let error = scene.tenant.agent.refused(ADS, "get_performance", figures.clone()).await;
    assert_eq!(error["class"], "quota_daily");
    assert!(error["retry_at"].as_str().is_some_and(|at| at.ends_with("T00:00:00.000Z")), "{error}");
    assert!(error["whose_limit"].as_str().is_some_and(|whose| whose.contains("connected user")), "{error}");

    let before = scene.received();
    assert_eq!(scene.tenant.agent.refused(ADS, "get_performance", figures.clone()).await["class"], "quota_daily");
    assert_eq!(scene.received(), before, "nothing is sent until midnight");
    assert_eq!(scene.list_accounts().await["isError"], false);
    other.agent.ok(ADS, "get_performance", figures).await;
}
