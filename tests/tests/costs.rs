//! What calls cost, as their answers, the ledger and the estimates before them say: the same numbers.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_config::BookText;
use turnpike_config::{Cap, Settings};
use turnpike_core::Micros;
use turnpike_sdk::Behaviour;
use turnpike_store::{PriceVersion, Subscription, SubscriptionState};
use turnpike_tenancy::Side;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp, integrations},
    probe,
};

const DAY: Duration = Duration::from_secs(86_400);
const SM: &str = "supermetrics";

/// Four hundred campaigns.
fn campaigns(max_rows: u32) -> Value {
    json!({ "account_id": "AW:1000000004", "start_date": "2026-10-01", "end_date": "2026-10-31", "max_rows": max_rows })
}

/// An app whose plan includes so many units.
async fn including(units: i64, cap: Cap) -> TestApp {
    TestApp::start_with(Backend::Sqlite, move |settings| plan(settings, units, cap)).await
}

fn plan(settings: &mut Settings, units: i64, cap: Cap) {
    let plan = settings.plans.get_mut("starter").unwrap();
    (plan.included_units, plan.cap) = (units, cap);
}

async fn subscribed(app: &TestApp) -> Tenant {
    let tenant = app.tenant("one").await;
    let now = app.operator.ambient.now();
    let row = Subscription {
        plan: "starter".into(),
        price_version: 0,
        yearly: false,
        integrations: 1,
        state: SubscriptionState::Trialing,
        period_start: now,
        period_end: now.plus(DAY * 30),
        trial_ends_at: None,
        cancel_at: None,
        past_due_since: None,
        cap_units: None,
        customer_id: None,
        external_id: None,
        created_at: now,
        updated_at: now,
    };
    app.store().tenant(tenant.id).set_subscription(&row).await.unwrap();
    tenant
}

async fn estimate(tenant: &Tenant, tool: &str, arguments: &Value) -> Value {
    tenant.agent.ok(SM, "estimate_cost", json!({ "tool": tool, "arguments": arguments })).await
}

#[tokio::test]
async fn each_answer_tells_what_the_ledger_says_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |settings| plan(settings, 8, Cap::Soft)).await;
        let tenant = subscribed(&app).await;
        let account = json!({ "account_id": "1000000002" });
        let mut used = 0;
        for (integration, tool, arguments, estimate) in [
            ("google-ads", "list_accounts", json!({}), 0),
            ("google-ads", "list_campaigns", account.clone(), 0),
            ("google-ads", "list_campaigns", json!({ "account_id": "1999999999" }), 0),
            // Three are included, one is not.
            ("google-ads", "list_campaigns", account.clone(), 1_000),
            ("google-ads", "list_campaigns", account, 4_000),
            (SM, "get_performance", campaigns(300), 20_000),
        ] {
            let meta = tenant.agent.call(integration, tool, arguments).await["_meta"].clone();
            let row = app.calls(tenant.id).await.remove(0);
            used += row.units;
            let money = |micros: i64| json!({ "micros": micros, "currency": "USD" });
            assert_eq!(meta["call_id"], json!(row.call_id));
            assert_eq!(meta["price"], money(row.price.0), "{backend:?} {tool}");
            let cost = json!({ "units": row.units, "list": money(row.price.0), "estimate": money(estimate) });
            assert_eq!(meta["cost"], cost, "{backend:?} {tool}");
            let quota = &meta["quota"];
            assert_eq!((&quota["used"], &quota["included"]), (&json!(used), &json!(8)), "{backend:?} {tool}");
            assert_eq!((&quota["left"], &quota["cap"]), (&json!((8 - used).max(0)), &Value::Null));
            assert_eq!(app.store().tenant(tenant.id).units_used(row.started_at.minus(DAY)).await.unwrap(), used);
        }
        assert_eq!(used, 1 + 4 + 4 + 4 + 20);
    }
}

#[tokio::test]
async fn without_a_plan_a_call_costs_its_price_and_there_is_no_quota() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let meta = tenant.agent.call("probe", "echo", json!({ "account": probe::ACCOUNT })).await["_meta"].clone();
    assert_eq!((&meta["cost"]["estimate"], &meta["cost"]["units"]), (&meta["price"], &json!(4)));
    assert_eq!(meta["quota"], Value::Null);
}

#[tokio::test]
async fn rows_are_counted_and_many_rows_cost_more() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("one").await;
    for (rows, units) in [(1, 10), (250, 10), (251, 20), (400, 20), (1000, 20)] {
        let answer = tenant.agent.ok(SM, "get_performance", campaigns(rows)).await;
        let row = app.calls(tenant.id).await.remove(0);
        let returned = answer["rows"].as_array().unwrap().len() as i64;
        assert_eq!((row.answer_rows, row.units), (returned, units), "{rows} asked for");
        assert_eq!(returned, i64::from(rows).min(400));
        assert_eq!((row.price, row.list_price), (Micros(units * 1_000), Micros(units * 1_000)));
    }
    let found = tenant.agent.ok("google-ads", "list_campaigns", json!({ "account_id": "1000000002" })).await;
    let rows = app.calls(tenant.id).await[0].answer_rows;
    assert_eq!(rows, found["rows"].as_array().map_or(0, Vec::len) as i64);
}

#[tokio::test]
async fn servers_with_a_tool_whose_cost_varies_tell_it_before_and_the_others_list_no_such_tool() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for integration in integrations() {
        let varies = integration.tools.iter().any(|tool| tool.spec.cost.varies());
        let name = integration.manifest.name;
        let tools = tenant.agent.tools(&format!("/{name}/mcp")).await;
        assert_eq!(tools.iter().any(|tool| tool["name"] == "estimate_cost"), varies, "{name}");
        for tool in integration.tools.iter().filter(|tool| tool.spec.cost.varies()) {
            assert!(tool.most_rows(&serde_json::Map::new()) > 0, "{}: nobody knows how many rows", tool.spec.name);
        }
    }
}

#[tokio::test]
async fn an_estimate_holds_what_is_charged() {
    let app = including(30, Cap::Soft).await;
    let tenant = subscribed(&app).await;
    for (tool, arguments, exact) in [
        ("list_accounts", json!({}), true),
        ("get_performance", campaigns(30), true),
        ("get_performance", campaigns(300), false),
        ("get_performance", campaigns(1000), false),
    ] {
        let told = estimate(&tenant, tool, &arguments).await;
        let meta = tenant.agent.call(SM, tool, arguments).await["_meta"].clone();
        let units = meta["cost"]["units"].as_i64().unwrap();
        let bound = |name: &str| told[name].as_i64().unwrap();
        assert!((bound("units_at_least")..=bound("units_at_most")).contains(&units), "{told} {meta}");
        assert_eq!(bound("units_at_least") == bound("units_at_most"), exact, "{told}");
        if exact || units == bound("units_at_most") {
            assert_eq!(told["price_at_most"], meta["cost"]["estimate"], "{told} {meta}");
        }
        let left = meta["quota"]["left"].as_i64().unwrap();
        assert_eq!((bound("quota_left") - units).max(0), left, "{told} {meta}");
        assert!(told.get("refused").is_none(), "{told}");
    }
}

#[tokio::test]
async fn an_estimate_is_free_sends_nothing_and_says_when_a_call_would_be_refused() {
    let app = including(15, Cap::Hard).await;
    let tenant = subscribed(&app).await;
    let before = app.vendor(SM).script.received();
    assert_eq!(estimate(&tenant, "get_performance", &campaigns(30)).await.get("refused"), None);
    let told = estimate(&tenant, "get_performance", &campaigns(300)).await;
    assert!(told["refused"].as_str().unwrap().contains("20 units"), "{told}");
    assert_eq!((&told["units_at_most"], &told["quota_left"]), (&json!(20), &json!(15)));
    assert_eq!(tenant.agent.refused(SM, "get_performance", campaigns(300)).await["class"], "quota_exhausted");
    assert_eq!(app.vendor(SM).script.received(), before);
    assert!(app.calls(tenant.id).await.iter().all(|row| row.units == 0 && row.price == Micros(0)));
    // By the name that the combined endpoint has for it, too.
    assert_eq!(estimate(&tenant, "supermetrics_get_performance", &campaigns(30)).await["tool"], "get_performance");
}

#[tokio::test]
async fn an_estimate_is_given_only_of_a_call_that_could_be_made() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let mut foreign = campaigns(30);
    foreign["account_id"] = json!("AW:1");
    for (tool, arguments, class) in [
        ("get_job", json!({ "job_id": "x" }), "invalid_argument"),
        ("estimate_cost", json!({ "tool": "x", "arguments": {} }), "invalid_argument"),
        ("no_such_tool", json!({}), "invalid_argument"),
        ("get_performance", json!({ "max_rows": 5000 }), "invalid_argument"),
        ("get_performance", foreign, "unknown_account"),
    ] {
        let error = tenant.agent.refused(SM, "estimate_cost", json!({ "tool": tool, "arguments": arguments })).await;
        assert_eq!(error["class"], class, "{tool}: {error}");
    }
}

#[tokio::test]
async fn in_a_sandbox_an_estimate_is_nought() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    let form = app.operator.sandboxes.find(SM).unwrap().credential.iter().cloned().collect();
    app.connect_with(tenant.id, SM, Side::Sandbox, form).await.unwrap();
    let told = estimate(&tenant, "get_performance", &campaigns(1000)).await;
    assert_eq!((&told["units_at_least"], &told["units_at_most"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_call_is_priced_by_the_book_in_force_when_it_began() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let settings = turnpike_config::Layers::default().load().unwrap();
    let mut dearer = BookText { prices: settings.prices, plans: settings.plans };
    dearer.prices.standard = 9;
    let now = app.operator.ambient.now();
    let version = PriceVersion {
        version: 1,
        book_json: serde_json::to_string(&dearer).unwrap(),
        effective_at: now.plus(DAY),
        note: String::new(),
        set_by: "test".into(),
        set_at: now,
    };
    app.store().system().insert_price_version(&version).await.unwrap();
    // One that has read it.
    let (url, _) = app.start_replica().await;
    let agent = Agent::new(&url, tenant.agent.key());
    let account = json!({ "account": probe::ACCOUNT });
    let before = app.vendor("probe").script.received();
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 200 });
    let under_way = async {
        while app.vendor("probe").script.received() == before {
            tokio::task::yield_now().await;
        }
        app.clock.advance(DAY);
    };
    let (meta, ()) = tokio::join!(agent.call("probe", "fetch", account.clone()), under_way);
    let versions = || async { app.calls(tenant.id).await.into_iter().map(|row| (row.price_version, row.units)).next() };
    assert_eq!(meta["isError"], false, "{meta}");
    assert_eq!(versions().await, Some((0, 4)));
    agent.ok("probe", "fetch", account).await;
    assert_eq!(versions().await, Some((1, 9)));
}
