//! A vendor's quota that tenants share: who is greedy leaves the others theirs, is told whose limit it is, and is served again
//! when it was told to come back.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::Timestamp;
use turnpike_tenancy::Side;
use turnpike_testkit::Redis;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp, unlimited},
};

const ADS: &str = "google-ads";
const QUOTA: u64 = 120;

/// A hundred and twenty operations a day: half of them set aside, twenty for each of three tenants.
fn small_quota(settings: &mut turnpike_config::Settings) {
    unlimited(settings);
    settings.integrations.get_mut(ADS).unwrap().app_quota_per_day = i64::try_from(QUOTA).unwrap();
}

async fn ask(agent: &Agent) -> Result<(), Value> {
    let query = json!({ "account_id": "1000000002", "query": "SELECT campaign.id FROM campaign LIMIT 3" });
    let result = agent.call(ADS, "run_gaql", query).await;
    if result["isError"] == false { Ok(()) } else { Err(result["_meta"]["error"].clone()) }
}

/// Asks until it is refused: how often it was served, and the refusal.
async fn ask_on(agent: &Agent) -> (u64, Value) {
    for served in 0..=QUOTA {
        if let Err(error) = ask(agent).await {
            return (served, error);
        }
    }
    panic!("more was served than the quota");
}

async fn tenants(app: &TestApp) -> [Tenant; 3] {
    let mut all = vec![];
    for name in ["one", "two", "three"] {
        let tenant = app.unconnected(name).await;
        app.connect(tenant.id, ADS).await;
        all.push(tenant);
    }
    all.try_into().unwrap_or_else(|_| panic!("three tenants"))
}

/// What the tenant has used and has set aside, as the console's page has it from.
async fn used(app: &TestApp, tenant: &Tenant) -> (u64, u64) {
    let quotas = app.operator.upstream.quotas().await;
    assert_eq!(quotas.len(), 1, "one app for all: {quotas:?}");
    let own = quotas[0].tenants.iter().find(|(id, _)| *id == tenant.id).unwrap();
    (own.1, quotas[0].reserve)
}

#[tokio::test]
async fn a_greedy_tenant_leaves_the_others_theirs_and_is_served_when_it_was_told_to_come_back() {
    let app = TestApp::start_with(Backend::Sqlite, small_quota).await;
    let [greedy, modest, idle] = tenants(&app).await;
    let (served, error) = ask_on(&greedy.agent).await;
    assert!(served > 20, "what is free is there for whoever comes: {served}");
    assert_eq!((&error["class"], &error["upstream_code"]), (&json!("quota_daily"), &json!("shared_quota")));
    assert!(error["whose_limit"].as_str().unwrap().contains("the whole vendor app"), "{error}");
    let (own, reserve) = used(&app, &greedy).await;
    let words = error["message"].as_str().unwrap();
    assert!(words.contains(&format!("you have used {own} of the {reserve}")), "{words}");
    assert!(words.contains("the service provider's app at Google Ads may do 120 operations in 24 hours"), "{words}");
    for tenant in [&modest, &idle] {
        ask_on(&tenant.agent).await;
        assert_eq!(used(&app, tenant).await, (20, 20), "each has its own share, and no more");
    }
    assert_eq!(app.operator.upstream.quotas().await[0].tenants.iter().map(|(_, used)| used).sum::<u64>(), QUOTA);
    let sent = app.vendor(ADS).script.received();
    ask(&greedy.agent).await.unwrap_err();
    assert_eq!(app.vendor(ADS).script.received(), sent, "a refusal sends nothing");

    let retry_at: Timestamp =
        serde_json::from_value(ask(&greedy.agent).await.unwrap_err()["retry_at"].clone()).unwrap();
    let wait = retry_at.since(app.operator.ambient.now());
    assert!(wait > Duration::from_secs(23 * 3600) && wait <= Duration::from_secs(25 * 3600), "{wait:?}");
    app.clock.advance(wait - Duration::from_secs(60));
    assert!(ask(&greedy.agent).await.is_err(), "a minute early");
    app.clock.advance(Duration::from_secs(61));
    ask(&greedy.agent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_serve_one_quota() {
    let redis = Redis::start().await.unwrap();
    let app = TestApp::start_with(Backend::Postgres, |settings| {
        small_quota(settings);
        settings.redis.url = redis.url().into();
    })
    .await;
    let [greedy, modest, idle] = tenants(&app).await;
    let urls = [app.url.clone(), app.start_replica().await.0, app.start_replica().await.0];
    let at = |tenant: &Tenant, replica: usize| Agent::new(&urls[replica], tenant.agent.key());
    let (one, two, three) = (at(&greedy, 0), at(&greedy, 1), at(&greedy, 2));
    let (one, two, three) = tokio::join!(ask_on(&one), ask_on(&two), ask_on(&three));
    let modest_at = at(&modest, 2);
    ask_on(&modest_at).await;
    let all = app.operator.upstream.quotas().await.remove(0);
    let total: u64 = all.tenants.iter().map(|(_, used)| used).sum();
    println!("served to the greedy one: {} + {} + {}; drawn by tenant: {:?}", one.0, two.0, three.0, all.tenants);
    let (modest_used, reserve) = used(&app, &modest).await;
    assert_eq!((modest_used, reserve), (20, 20));
    assert_eq!(total, QUOTA - reserve + used(&app, &idle).await.0, "all but what the third has left");

    let page = app.staff().await.get("/console/integrations").await.text;
    assert!(page.contains(&format!("{total} of 120 operations used, 20 set aside for each client")), "{page}");
    assert!(page.contains("<th scope=\"row\">one</th>"), "{page}");
}

#[tokio::test]
async fn a_sandbox_uses_nothing_up() {
    let app = TestApp::start_with(Backend::Sqlite, small_quota).await;
    let tenant = app.unconnected("one").await;
    let form = app.operator.sandboxes.find(ADS).unwrap().credential.iter().cloned().collect();
    app.connect_with(tenant.id, ADS, Side::Sandbox, form).await.unwrap();
    for _ in 0..2 * QUOTA {
        ask(&tenant.agent).await.unwrap();
    }
    assert_eq!(app.operator.upstream.quotas().await, []);
}
