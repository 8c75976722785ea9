//! Earlier answers in place of failures: only where the tenant allows it, marked as what they are, and never anybody else's.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::{Access, Behaviour, Integration};
use turnpike_store::ConnectionState;
use turnpike_tenancy::Side;
use turnpike_tests::{
    app::{Backend, Tenant, TestApp, integrations, unlimited},
    probe,
};

const ADS: &str = "google-ads";
const HOUR: Duration = Duration::from_secs(3600);

fn campaigns() -> Value {
    json!({ "account_id": "1000000002" })
}

fn account() -> Value {
    json!({ "account": probe::ACCOUNT })
}

/// A tenant that is shown answers up to this age.
async fn tolerant(app: &TestApp, name: &str, oldest: Duration) -> Tenant {
    let tenant = app.tenant(name).await;
    app.store().tenant(tenant.id).allow_stale_answers(Some(oldest)).await.unwrap();
    tenant
}

/// What kind of answer it is: `fresh`, `stale`, or the class of the refusal.
fn kind(result: &Value) -> &str {
    match (result["_meta"]["error"]["class"].as_str(), result["_meta"]["stale"] == true) {
        (Some(class), _) => class,
        (None, true) => "stale",
        (None, false) => "fresh",
    }
}

#[tokio::test]
async fn a_stale_answer_is_marked_priced_and_says_why_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        // A tenth of four units would be none.
        let app = TestApp::start_with(backend, |settings| settings.prices.standard = 10).await;
        let tenant = tolerant(&app, "one", HOUR).await;
        let fresh = tenant.agent.call(ADS, "list_campaigns", campaigns()).await;
        assert_eq!((kind(&fresh), fresh["content"].as_array().unwrap().len()), ("fresh", 1));
        app.clock.advance(Duration::from_secs(600));
        app.vendor(ADS).script.next(1, Behaviour::Storm { seconds: 30 });

        let stale = tenant.agent.call(ADS, "list_campaigns", campaigns()).await;
        assert_eq!(stale["isError"], false);
        assert_eq!(stale["structuredContent"], fresh["structuredContent"]);
        assert_eq!(stale["content"][0], fresh["content"][0], "the data as text comes first, as ever");
        let meta = &stale["_meta"];
        assert_eq!((&meta["stale"], &meta["outcome"]), (&json!(true), &json!("stale")));
        assert!((600..660).contains(&meta["age_seconds"].as_u64().unwrap()), "{meta}");
        let row = &app.calls(tenant.id).await[1];
        assert_eq!(
            (meta["as_of"].clone(), meta.get("cache")),
            (json!(row.started_at.to_string()), None),
            "{backend:?}"
        );
        assert_eq!(meta["upstream_error"]["class"], "rate_storm");
        let words = stale["content"][1]["text"].as_str().unwrap();
        assert!(words.contains("not fresh") && words.contains("seconds old"), "{words}");

        let row = &app.calls(tenant.id).await[0];
        assert_eq!((row.outcome, row.class.as_deref()), (Outcome::Stale, Some("rate_storm")));
        assert_eq!((row.price, row.list_price, row.upstream_requests), (Micros(1_000), Micros(10_000), 1));
    }
}

#[tokio::test]
async fn a_tenant_that_has_not_asked_for_it_is_shown_no_stale_answer_nor_another_tenants() {
    let app = TestApp::start().await;
    let (one, two) = (tolerant(&app, "one", HOUR).await, tolerant(&app, "two", HOUR).await);
    let strict = app.tenant("strict").await;
    for tenant in [&one, &strict] {
        assert_eq!(kind(&tenant.agent.call(ADS, "list_campaigns", campaigns()).await), "fresh");
    }
    app.vendor(ADS).script.next(1, Behaviour::Storm { seconds: 30 });
    for (tenant, expected) in [(&one, "stale"), (&two, "rate_storm"), (&strict, "rate_storm")] {
        assert_eq!(kind(&tenant.agent.call(ADS, "list_campaigns", campaigns()).await), expected);
    }
    let other = json!({ "account_id": "1000000002", "max_rows": 5 });
    assert_eq!(kind(&one.agent.call(ADS, "list_campaigns", other).await), "rate_storm", "another question");
}

#[tokio::test]
async fn no_stale_answer_is_older_than_the_tenant_or_the_tool_allows() {
    let day = Duration::from_secs(24 * 3600);
    for (oldest, still, too_old) in [(HOUR, HOUR * 9 / 10, HOUR), (day * 7, day * 9 / 10, day)] {
        let app = TestApp::start().await;
        let tenant = tolerant(&app, "one", oldest).await;
        assert_eq!(kind(&tenant.agent.call("probe", "fetch", account()).await), "fresh");
        app.vendor("probe").script.next(1_000, Behaviour::Html500);
        app.clock.advance(still);
        assert_eq!(kind(&tenant.agent.call("probe", "fetch", account()).await), "stale");
        app.clock.advance(too_old - still + Duration::from_secs(1));
        assert_ne!(kind(&tenant.agent.call("probe", "fetch", account()).await), "stale", "a stale answer is not new");
    }
}

#[tokio::test]
async fn every_kind_of_outage_is_bridged_and_no_other_failure() {
    for (behaviour, times, expected) in [
        (Behaviour::QuotaDaily { seconds: 7200 }, 1, "stale"),
        (Behaviour::Storm { seconds: 30 }, 1, "stale"),
        (Behaviour::Html500, 3, "stale"),
        (Behaviour::Reset, 3, "stale"),
        (Behaviour::Permission, 1, "permission"),
        (Behaviour::Revoked, 1, "reconnect_needed"),
        (Behaviour::VersionDead, 1, "version_dead"),
    ] {
        let app = TestApp::start().await;
        let tenant = tolerant(&app, "one", HOUR).await;
        tenant.agent.ok(ADS, "list_campaigns", campaigns()).await;
        app.vendor(ADS).script.next(times, behaviour);
        assert_eq!(kind(&tenant.agent.call(ADS, "list_campaigns", campaigns()).await), expected, "{behaviour:?}");
    }
    let app = TestApp::start().await;
    let tenant = tolerant(&app, "one", HOUR).await;
    tenant.agent.ok("probe", "fetch", account()).await;
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let late = tenant.agent.call("probe", "fetch", account()).await;
    assert_eq!(kind(&late), "pending", "a read that is late goes on: its answer will be better than an old one");
    app.vendor("probe").script.next(100, Behaviour::Html500);
    let open = async || {
        let answer = tenant.agent.call("probe", "fetch", account()).await;
        assert_eq!(kind(&answer), "stale");
        answer["_meta"]["upstream_error"]["class"] == "breaker_open"
    };
    while !open().await {}
}

#[tokio::test]
async fn a_storm_costs_the_upstream_one_request_however_many_stale_answers_are_shown() {
    let app = TestApp::start().await;
    let tenant = tolerant(&app, "one", HOUR).await;
    tenant.agent.ok(ADS, "list_campaigns", campaigns()).await;
    let script = &app.vendor(ADS).script;
    let before = script.received();
    script.next(100, Behaviour::Storm { seconds: 30 });
    for _ in 0..8 {
        assert_eq!(kind(&tenant.agent.call(ADS, "list_campaigns", campaigns()).await), "stale");
    }
    assert_eq!(script.received(), before + 1, "nothing is sent while the hold lasts");
    script.clear();
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(kind(&tenant.agent.call(ADS, "list_campaigns", campaigns()).await), "fresh");
}

#[tokio::test]
async fn nothing_from_before_the_connection_changed_is_shown() {
    let app = TestApp::start_with(Backend::Sqlite, unlimited).await;
    let tenant = tolerant(&app, "one", HOUR).await;
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection("probe").await.unwrap().unwrap();
    let script = &app.vendor("probe").script;
    for change in ["connected anew", "other accounts", "switched off"] {
        tenant.agent.ok("probe", "fetch", account()).await;
        app.clock.advance(Duration::from_secs(1));
        let now = app.operator.ambient.now();
        match change {
            "connected anew" => drop(app.connect(tenant.id, "probe").await),
            "other accounts" => rows.set_connection_accounts(connection.id, "[]", now).await.unwrap(),
            _ => rows.set_connection_state(connection.id, ConnectionState::Disabled, None, now).await.unwrap(),
        }
        script.next(3, Behaviour::Html500);
        assert_eq!(kind(&tenant.agent.call("probe", "fetch", account()).await), "upstream", "{change}");
        script.clear();
        app.connect(tenant.id, "probe").await;
        let believed = async { while kind(&tenant.agent.call("probe", "fetch", account()).await) != "fresh" {} };
        tokio::time::timeout(Duration::from_secs(10), believed).await.unwrap();
    }
}

/// Every write of every integration, those of a fork too.
#[tokio::test]
async fn what_a_write_answered_is_never_shown_for_what_is_so() {
    let writes = || integrations().into_iter().flat_map(|it| it.tools).filter(|tool| tool.spec.access == Access::Write);
    assert!(writes().count() >= 3 && writes().all(|tool| tool.spec.stale.is_none() && tool.spec.cache.is_none()));

    let app = TestApp::start().await;
    let tenant = tolerant(&app, "one", HOUR).await;
    let set = json!({ "account": probe::ACCOUNT, "text": "second" });
    tenant.agent.ok("probe", "set", set.clone()).await;
    app.vendor("probe").script.next(3, Behaviour::Html500);
    assert_eq!(kind(&tenant.agent.call("probe", "set", set).await), "upstream");
}

#[tokio::test]
async fn a_stale_answer_of_the_sandbox_is_marked_and_free() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    app.store().tenant(tenant.id).allow_stale_answers(Some(HOUR)).await.unwrap();
    let sandbox = app.operator.sandboxes.find(ADS).unwrap();
    app.connect_with(tenant.id, ADS, Side::Sandbox, sandbox.credential.iter().cloned().collect()).await.unwrap();
    tenant.agent.ok(ADS, "list_campaigns", campaigns()).await;
    sandbox.script.next(1, Behaviour::Storm { seconds: 30 });
    let result = tenant.agent.call(ADS, "list_campaigns", campaigns()).await;
    assert_eq!((kind(&result), &result["_meta"]["outcome"]), ("stale", &json!("sandbox")));
    assert_eq!(app.calls(tenant.id).await[0].price, Micros(0));
}

/// Every example of every integration of the catalogue, first well and then in an outage.
#[tokio::test]
async fn in_an_outage_every_read_is_bridged_and_no_write() {
    let app = TestApp::start_with(Backend::Sqlite, unlimited).await;
    let tenant = tolerant(&app, "one", HOUR).await;
    let mut bridged = 0;
    for integration in turnpike_catalog::integrations().into_iter().map(Integration::with_kit) {
        let name = integration.manifest.name;
        let (mut asked, mut before) = (vec![], Value::Null);
        for example in (integration.examples)() {
            let arguments = example.arguments_after(&before);
            before = tenant.agent.ok(name, example.tool, arguments.clone()).await;
            asked.push((example.tool, arguments, before.clone()));
        }
        app.vendor(name).script.next(1_000_000, Behaviour::Html500);
        for (tool, arguments, answer) in asked {
            let result = tenant.agent.call(name, tool, arguments).await;
            let row = &app.calls(tenant.id).await[0];
            let reads = integration.find_tool(tool).unwrap().spec.access == Access::Read;
            match kind(&result) {
                "stale" => {
                    assert!(reads && answer["status"] != "pending", "{name} {tool}: {result}");
                    assert_eq!(result["structuredContent"], answer, "{name} {tool}");
                    bridged += 1;
                }
                "fresh" => assert_eq!(row.upstream_requests, 0, "{name} {tool} needs no upstream"),
                class => assert!(!reads || answer["status"] == "pending", "{name} {tool}: {class}"),
            }
        }
    }
    assert!(bridged >= 10, "only {bridged} reads were bridged");
}
