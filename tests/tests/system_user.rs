//! A system user's token: looked at when it is given, exchanged in time where it has an end, and of no use after it.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};
use turnpike_sdk::Behaviour;
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tenancy::Side;
use turnpike_tests::app::{Backend, Tenant, TestApp};

const ADS: &str = "meta-ads";
const DAY: Duration = Duration::from_secs(24 * 3600);
const SIXTY_DAYS: &str = "EAASandboxSystemUserSixtyDays";
/// Of the busy account, whose points every request uses up.
const BUSY: &str = "710000000000004";

struct Scene {
    app: TestApp,
    tenant: Tenant,
}

impl Scene {
    /// A tenant connected with this token, or with the sandbox's own, which has no end.
    async fn new(backend: Backend, token: Option<&str>) -> Self {
        let app = TestApp::start_with(backend, |settings| {
            settings.limits.tenant_concurrent = 64;
            (settings.limits.principal_burst, settings.limits.tenant_burst) = (1000, 1000);
            settings.integrations.get_mut(ADS).unwrap().read_burst = 1000;
        })
        .await;
        let tenant = app.unconnected("one").await;
        let scene = Self { app, tenant };
        scene.connect(token).await.unwrap();
        scene
    }

    async fn connect(&self, token: Option<&str>) -> anyhow::Result<()> {
        let form = self.form(token);
        Ok(self.app.connect_with(self.tenant.id, ADS, Side::Live, form).await.map(drop)?)
    }

    fn form(&self, token: Option<&str>) -> HashMap<&'static str, String> {
        let mut form: HashMap<_, _> = self.app.vendor(ADS).credential.iter().cloned().collect();
        if let Some(token) = token {
            form.insert("access_token", format!("{token}\n"));
        }
        form
    }

    async fn connection(&self) -> ConnectionRow {
        self.app.store().tenant(self.tenant.id).find_connection(ADS).await.unwrap().unwrap()
    }

    async fn list_accounts(&self) -> Value {
        self.tenant.agent.call(ADS, "list_accounts", json!({})).await
    }

    async fn fifty_calls(&self) {
        for result in join_all((0..50).map(|_| self.list_accounts())).await {
            assert_eq!(result["isError"], false, "{result}");
        }
    }

    /// How often a token was exchanged.
    fn exchanges(&self) -> usize {
        let sent = self.app.vendor(ADS).script.recorded();
        sent.iter().filter(|request| request.uri.path() == "/oauth/access_token").count()
    }

    /// The token of the last call.
    fn last_token(&self) -> String {
        let mut sent = self.app.vendor(ADS).script.recorded();
        sent.retain(|request| request.headers.contains_key("authorization"));
        sent.pop().unwrap().headers["authorization"].to_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_six_days_left_is_exchanged_once_under_fifty_calls_and_moves_its_end_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let scene = Scene::new(backend, Some(SIXTY_DAYS)).await;
        let before = scene.connection().await;
        let end = before.predicted_end.expect("a predicted end");
        let days = end.since(before.created_at).as_secs_f64() / DAY.as_secs_f64();
        assert!((59.9..60.1).contains(&days), "{days}");

        scene.app.clock.advance(DAY * 52);
        scene.fifty_calls().await;
        assert_eq!(scene.exchanges(), 0, "eight days are enough");
        scene.app.clock.advance(DAY * 2);
        scene.fifty_calls().await;
        while scene.connection().await.predicted_end == Some(end) {
            assert_eq!(scene.list_accounts().await["isError"], false);
        }
        scene.fifty_calls().await;
        assert_eq!(scene.exchanges(), 1, "{backend:?}");
        let moved = scene.connection().await.predicted_end.expect("a predicted end").since(end);
        assert!((DAY * 53..DAY * 55).contains(&moved), "{moved:?}");
        assert!(scene.last_token().starts_with("Bearer EAASandboxRenewed"), "the new one is used");
        assert!(scene.app.calls(scene.tenant.id).await.iter().all(|call| call.class.is_none()), "no call noticed");

        // The new one is exchanged in its turn.
        scene.app.clock.advance(DAY * 55);
        while scene.exchanges() < 2 {
            assert_eq!(scene.list_accounts().await["isError"], false);
        }
    }
}

#[tokio::test]
async fn a_token_without_an_end_is_never_exchanged() {
    let scene = Scene::new(Backend::Sqlite, None).await;
    assert_eq!(scene.connection().await.predicted_end, None);
    for _ in 0..3 {
        scene.app.clock.advance(DAY * 400);
        assert_eq!(scene.list_accounts().await["isError"], false);
    }
    assert_eq!(scene.exchanges(), 0);
}

#[tokio::test]
async fn a_lapsed_token_is_neither_sent_nor_exchanged_but_asks_for_a_person() {
    let scene = Scene::new(Backend::Sqlite, Some(SIXTY_DAYS)).await;
    let end = scene.connection().await.predicted_end.unwrap().to_utc().date_naive().to_string();
    scene.app.clock.advance(DAY * 61);
    let before = scene.app.vendor(ADS).script.received();
    for _ in 0..2 {
        let error = scene.tenant.agent.refused(ADS, "list_accounts", json!({})).await;
        assert_eq!(error["class"], "reconnect_needed");
        assert!(error["reconnect_url"].is_string() && error["message"].as_str().unwrap().contains(&end), "{error}");
    }
    assert_eq!(scene.app.vendor(ADS).script.received(), before, "nothing is sent");
    let connection = scene.connection().await;
    assert_eq!(connection.state, ConnectionState::ReconnectNeeded);
    assert!(connection.reason.unwrap().contains("only one that has not ended can be renewed"));

    // A person gives one without an end: nothing is predicted any more.
    scene.connect(None).await.unwrap();
    let connection = scene.connection().await;
    assert_eq!((connection.state, connection.predicted_end), (ConnectionState::Ok, None));
    assert!(connection.accounts_json.contains(BUSY), "its accounts were found with the new one");
}

#[tokio::test]
async fn a_token_that_is_good_for_nothing_is_refused_when_it_is_given_and_replaces_none() {
    let scene = Scene::new(Backend::Sqlite, None).await;
    for (token, words) in [
        ("EAASandboxTokenOfAPerson", "not of a system user"),
        ("EAASandboxSystemUserWithoutAds", "ads_read or ads_management"),
        ("EAASandboxNobodyKnowsThisOne", "calls the token invalid"),
    ] {
        let error = scene.connect(Some(token)).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(words) && !error.contains("EAASandbox"), "{error}");
    }
    let mut form = scene.form(None);
    form.insert("app_secret", "guessed".into());
    let error = scene.app.connect_with(scene.tenant.id, ADS, Side::Live, form).await.unwrap_err().to_string();
    assert!(error.contains("app id and app secret") && !error.contains("guessed"), "{error}");
    assert_eq!(scene.list_accounts().await["isError"], false, "the one before goes on");
}

#[tokio::test]
async fn a_token_that_meta_calls_expired_or_taken_back_asks_for_a_person_and_is_not_sent_again() {
    for behaviour in [Behaviour::ExpiredToken, Behaviour::Revoked] {
        let scene = Scene::new(Backend::Sqlite, None).await;
        scene.app.vendor(ADS).script.next(1, behaviour);
        for _ in 0..2 {
            let error = scene.tenant.agent.refused(ADS, "list_accounts", json!({})).await;
            assert_eq!(error["class"], "reconnect_needed", "{behaviour:?}");
        }
        let before = scene.app.vendor(ADS).script.received();
        scene.tenant.agent.refused(ADS, "list_accounts", json!({})).await;
        assert_eq!(scene.app.vendor(ADS).script.received(), before, "{behaviour:?}");
        assert_eq!(scene.exchanges(), 0, "a token without an end is not exchanged");
        assert_eq!(scene.connection().await.state, ConnectionState::ReconnectNeeded);
    }
}

#[tokio::test]
async fn every_request_is_signed_and_no_url_holds_a_secret() {
    let scene = Scene::new(Backend::Sqlite, Some(SIXTY_DAYS)).await;
    scene.app.clock.advance(DAY * 55);
    while scene.exchanges() == 0 {
        assert_eq!(scene.list_accounts().await["isError"], false);
    }
    let sent = scene.app.vendor(ADS).script.recorded();
    assert!(sent.len() > 3);
    for request in sent {
        let uri = request.uri.to_string();
        assert!(
            !uri.contains("EAASandbox") && !uri.contains("sandbox-app-secret") && !uri.contains("access_token="),
            "{uri}"
        );
        if uri.starts_with("/v26.0/") {
            let proof = uri.split("appsecret_proof=").nth(1).expect("a proof").split('&').next().unwrap();
            assert!(
                proof.len() == 64 && proof.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
                "{uri}"
            );
        }
    }
    for call in scene.app.calls(scene.tenant.id).await {
        assert!(!format!("{call:?}").contains("EAASandbox"));
    }
}

#[tokio::test]
async fn an_account_that_is_nearly_used_up_is_left_alone_before_meta_refuses_and_nothing_beside_it() {
    let scene = Scene::new(Backend::Sqlite, None).await;
    let other = scene.app.unconnected("two").await;
    scene.app.connect(other.id, ADS).await;
    let campaigns = json!({ "account_id": BUSY });
    // Twelve per cent each: 96 after the eighth.
    for _ in 0..8 {
        scene.tenant.agent.ok(ADS, "list_campaigns", campaigns.clone()).await;
    }
    let before = scene.app.vendor(ADS).script.received();
    let error = scene.tenant.agent.refused(ADS, "list_campaigns", campaigns.clone()).await;
    assert_eq!(error["class"], "rate_storm");
    assert!(error["retry_at"].is_string() && error["whose_limit"].as_str().unwrap().contains("account"), "{error}");
    assert_eq!(other.agent.refused(ADS, "list_campaigns", campaigns.clone()).await["class"], "rate_storm");
    assert_eq!(scene.app.vendor(ADS).script.received(), before, "nothing is sent, of nobody");
    scene.tenant.agent.ok(ADS, "list_campaigns", json!({ "account_id": "710000000000001" })).await;
    scene.app.clock.advance(Duration::from_secs(301));
    scene.tenant.agent.ok(ADS, "list_campaigns", campaigns).await;
}

#[tokio::test]
async fn a_quota_of_insights_leaves_changes_alone_and_a_limit_of_the_app_stops_both() {
    let scene = Scene::new(Backend::Sqlite, None).await;
    let account = "710000000000001";
    let figures = json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-02" });
    let campaigns = json!({ "account_id": account });
    let script = &scene.app.vendor(ADS).script;
    script.next(1, Behaviour::QuotaDaily { seconds: 600 });
    let error = scene.tenant.agent.refused(ADS, "get_performance", figures.clone()).await;
    assert_eq!((&error["class"], &error["upstream_code"]), (&json!("quota_daily"), &json!("80004/2446079")));
    assert_eq!(scene.tenant.agent.refused(ADS, "get_performance", figures.clone()).await["class"], "quota_daily");
    scene.tenant.agent.ok(ADS, "list_campaigns", campaigns.clone()).await;

    // What is met outside of insights is of the account as a whole.
    scene.app.clock.advance(Duration::from_secs(601));
    script.next(1, Behaviour::Storm { seconds: 60 });
    assert_eq!(scene.tenant.agent.refused(ADS, "list_campaigns", campaigns).await["class"], "rate_storm");
    assert_eq!(scene.tenant.agent.refused(ADS, "get_performance", figures).await["class"], "rate_storm");
}
