//! Calls and what the ledger says of them: one row for each, whatever happens.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::Behaviour;
use turnpike_store::ConnectionState;
use turnpike_tenancy::Side;
use turnpike_tests::{
    agent::{MODERN, send},
    app::{Backend, Tenant, TestApp},
    probe,
};

const ADS: &str = "google-ads";
const CLIENT: &str = "1000000002";

async fn last(app: &TestApp, tenant: &Tenant) -> (Outcome, Option<String>, Micros) {
    let calls = app.calls(tenant.id).await;
    let row = calls.first().unwrap();
    (row.outcome, row.class.clone(), row.price)
}

#[tokio::test]
async fn a_call_is_priced_and_in_the_ledger_before_its_answer_arrives_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let params = json!({ "name": "list_campaigns", "arguments": { "account_id": CLIENT }, "_meta": { "traceparent": trace } });
        let answer = tenant.agent.rpc("/google-ads/mcp", json!("a"), "tools/call", params).await;
        let meta = &answer.body["result"]["_meta"];

        let calls = app.calls(tenant.id).await;
        assert_eq!(calls.len(), 1, "{backend:?}");
        let row = &calls[0];
        assert_eq!(meta["call_id"], json!(row.call_id));
        assert_eq!((meta["outcome"].as_str(), row.outcome), (Some("success"), Outcome::Success));
        assert_eq!(meta["price"], json!({ "micros": 4000, "currency": "USD" }));
        assert_eq!((row.price, row.list_price), (Micros(4000), Micros(4000)));
        assert_eq!((row.integration.as_str(), row.tool.as_str(), row.sandbox), (ADS, "list_campaigns", false));
        assert_eq!(row.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(row.principal.starts_with("key:") && row.arguments_digest.len() == 64);
        let steps: Value = serde_json::from_str(&row.steps).unwrap();
        assert_eq!(steps.as_array().unwrap().len() as i64, row.upstream_requests);
        assert_eq!((&steps[0]["method"], &steps[0]["status"]), (&json!("POST"), &json!(200)));
    }
}

#[tokio::test]
async fn the_sandbox_is_marked_and_free() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    let form = app.operator.sandboxes.find(ADS).unwrap().credential.iter().cloned().collect();
    app.connect_with(tenant.id, ADS, Side::Sandbox, form).await.unwrap();
    let result = tenant.agent.call(ADS, "list_campaigns", json!({ "account_id": CLIENT })).await;
    assert_eq!((&result["_meta"]["sandbox"], &result["_meta"]["outcome"]), (&json!(true), &json!("sandbox")));
    assert_eq!(last(&app, &tenant).await, (Outcome::Sandbox, None, Micros(0)));
}

#[tokio::test]
async fn wrong_arguments_name_the_field_and_cost_nothing() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (arguments, field) in [
        (json!({}), "account"),
        (json!({ "account": 7 }), "account"),
        (json!({ "account": probe::ACCOUNT, "txet": "x" }), "txet"),
        (json!({ "account": probe::ACCOUNT, "text": [] }), "text"),
    ] {
        let error = tenant.agent.refused("probe", "echo", arguments).await;
        assert_eq!(error["class"], "invalid_argument");
        assert!(error["message"].as_str().unwrap().contains(&format!("`{field}`")), "{error}");
        assert!(!error["next_step"].as_str().unwrap().is_empty());
        assert_eq!(last(&app, &tenant).await, (Outcome::CallerFault, Some("invalid_argument".into()), Micros(0)));
    }
}

#[tokio::test]
async fn a_tool_that_panics_is_our_fault_and_the_next_call_works() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let error = tenant.agent.refused("probe", "panic", json!({ "account": probe::ACCOUNT, "text": "canary" })).await;
    assert_eq!(error["class"], "panic");
    assert!(!error.to_string().contains("canary"), "{error}");
    assert_eq!(last(&app, &tenant).await, (Outcome::OurFault, Some("panic".into()), Micros(0)));
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
}

#[tokio::test]
async fn a_tool_that_panics_while_its_arguments_are_looked_at_is_answered_too() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let early = json!({ "account": probe::ACCOUNT, "text": probe::PANICS_EARLY });
    assert_eq!(tenant.agent.refused("probe", "echo", early).await["class"], "panic");
    assert_eq!(last(&app, &tenant).await, (Outcome::OurFault, Some("panic".into()), Micros(0)));
}

#[tokio::test]
async fn whatever_a_client_calls_itself_its_calls_are_in_the_ledger_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let client = json!({ "name": "x\u{0}\r\n\u{1b}[2Jy", "version": "\u{0}" });
        let meta = json!({ "io.modelcontextprotocol/clientInfo": client });
        let params =
            json!({ "name": "echo", "arguments": { "account": probe::ACCOUNT, "text": "a\u{0}b" }, "_meta": meta });
        let answer = tenant.agent.rpc("/probe/mcp", json!(1), "tools/call", params).await;
        assert_eq!(answer.body["result"]["isError"], false, "{backend:?}: {answer:?}");
        assert_eq!(app.calls(tenant.id).await[0].client.as_deref(), Some("x[2Jy"), "{backend:?}");
    }
}

#[tokio::test]
async fn an_agent_that_does_not_listen_cannot_fill_the_ledger_with_refusals() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.limits.principal_per_minute = 1;
        settings.limits.principal_burst = 1;
    })
    .await;
    let tenant = app.tenant("one").await;
    let echo = json!({ "account": probe::ACCOUNT });
    tenant.agent.ok("probe", "echo", echo.clone()).await;
    for _ in 0..200 {
        assert_eq!(tenant.agent.refused("probe", "echo", echo.clone()).await["class"], "rate_limited");
    }
    let rows = app.calls(tenant.id).await.len();
    assert!((100..150).contains(&rows), "{rows} rows for 200 refusals");
}

#[tokio::test]
async fn a_tool_that_hangs_is_stopped_and_recorded() {
    // Without a place in the background, that is.
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.limits.tenant_background = 0).await;
    let tenant = app.tenant("one").await;
    let error = tenant.agent.refused("probe", "hang", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(error["class"], "timeout");
    assert_eq!(last(&app, &tenant).await.0, Outcome::OurFault);
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let error = tenant.agent.refused("probe", "fetch", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(error["class"], "timeout");
    assert_eq!(last(&app, &tenant).await.0, Outcome::UpstreamFault, "it was the upstream that let us wait");
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_the_work_and_is_recorded() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let params = json!({ "name": "hang", "arguments": { "account": probe::ACCOUNT },
        "_meta": { "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {} } });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let request =
        tenant.agent.post("/probe/mcp").header("mcp-protocol-version", MODERN).header("mcp-method", "tools/call");
    let request = request.header("mcp-name", "hang").timeout(Duration::from_millis(100)).body(body);
    assert!(request.send().await.unwrap_err().is_timeout());
    let row = async {
        loop {
            if let Some(row) = app.calls(tenant.id).await.into_iter().next() {
                return row;
            }
            tokio::task::yield_now().await;
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(10), row).await.expect("the call is recorded");
    assert_eq!((row.outcome, row.class.as_deref()), (Outcome::CallerFault, Some("cancelled")));
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class_its_outcome_and_a_next_step() {
    for (behaviour, times, class, outcome, waits) in [
        (Behaviour::Revoked, 1, "reconnect_needed", Outcome::CallerFault, false),
        (Behaviour::Permission, 1, "permission", Outcome::CallerFault, false),
        (Behaviour::QuotaDaily { seconds: 7200 }, 1, "quota_daily", Outcome::Throttled, true),
        (Behaviour::Storm { seconds: 30 }, 1, "rate_storm", Outcome::Throttled, true),
        (Behaviour::VersionDead, 1, "version_dead", Outcome::OurFault, false),
        (Behaviour::Html500, 3, "upstream", Outcome::UpstreamFault, false),
        (Behaviour::Reset, 3, "upstream", Outcome::UpstreamFault, false),
        (Behaviour::Garbage, 3, "upstream", Outcome::UpstreamFault, false),
        (Behaviour::Status { code: 503 }, 3, "upstream", Outcome::UpstreamFault, false),
    ] {
        let app = TestApp::start().await;
        let tenant = app.tenant("one").await;
        app.vendor(ADS).script.next(times, behaviour);
        let error = tenant.agent.refused(ADS, "list_campaigns", json!({ "account_id": CLIENT })).await;
        assert_eq!(error["class"], class, "{behaviour:?}: {error}");
        assert_eq!(last(&app, &tenant).await, (outcome, Some(class.into()), Micros(0)), "{behaviour:?}");
        assert_eq!(error["retry_at"].is_string(), waits, "{behaviour:?}: {error}");
        assert!(!error["next_step"].as_str().unwrap().is_empty(), "{behaviour:?}");
        assert!(!error.to_string().contains("<html>"), "{error}");
    }
}

#[tokio::test]
async fn a_read_survives_two_failures_of_the_upstream() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor("probe").script.next(1, Behaviour::Html500);
    let said = tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(said["text"], "first");
    assert_eq!(app.calls(tenant.id).await[0].upstream_requests, 2);
}

#[tokio::test]
async fn a_storm_costs_the_upstream_one_request_until_its_hold_ends() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor(ADS).script.next(1, Behaviour::Storm { seconds: 30 });
    tenant.agent.refused(ADS, "list_campaigns", json!({ "account_id": CLIENT })).await;
    let received = app.vendor(ADS).script.received();
    for _ in 0..5 {
        let error = tenant.agent.refused(ADS, "list_campaigns", json!({ "account_id": CLIENT })).await;
        assert_eq!(error["class"], "rate_storm");
        assert!(error["whose_limit"].as_str().unwrap().contains("upstream"), "{error}");
    }
    assert_eq!(app.vendor(ADS).script.received(), received, "nothing is sent while the hold lasts");
    app.clock.advance(Duration::from_secs(31));
    tenant.agent.ok(ADS, "list_campaigns", json!({ "account_id": CLIENT })).await;
}

#[tokio::test]
async fn an_upstream_that_keeps_failing_opens_the_breaker_and_one_probe_closes_it() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let fetch = || tenant.agent.call("probe", "fetch", json!({ "account": probe::ACCOUNT }));
    app.vendor("probe").script.next(100, Behaviour::Html500);
    while fetch().await["_meta"]["error"]["class"] != "breaker_open" {}
    assert_eq!(last(&app, &tenant).await.0, Outcome::BreakerOpen);
    let received = app.vendor("probe").script.received();
    fetch().await;
    assert_eq!(app.vendor("probe").script.received(), received);
    app.vendor("probe").script.clear();
    app.clock.advance(Duration::from_secs(6));
    assert_eq!(fetch().await["isError"], false);
}

#[tokio::test]
async fn our_own_limits_say_whose_they_are_and_when_to_come_back() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.limits.principal_per_minute = 60;
        settings.limits.principal_burst = 2;
    })
    .await;
    let tenant = app.tenant("one").await;
    let echo = json!({ "account": probe::ACCOUNT });
    for _ in 0..2 {
        tenant.agent.ok("probe", "echo", echo.clone()).await;
    }
    let error = tenant.agent.refused("probe", "echo", echo.clone()).await;
    assert_eq!(
        (&error["class"], &error["whose_limit"]),
        (&json!("rate_limited"), &json!("the limit of this credential"))
    );
    assert!(error["retry_at"].is_string());
    assert_eq!(last(&app, &tenant).await.0, Outcome::Throttled);
    app.clock.advance(Duration::from_secs(1));
    tenant.agent.ok("probe", "echo", echo).await;
}

#[tokio::test]
async fn a_missing_or_disabled_connection_says_whom_to_ask() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    let error = tenant.agent.refused("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(error["class"], "not_connected");

    let tenant = app.tenant("two").await;
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection("probe").await.unwrap().unwrap();
    rows.set_connection_state(connection.id, ConnectionState::Disabled, None, connection.created_at).await.unwrap();
    let error = tenant.agent.refused("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(error["class"], "connection_disabled");
}

#[tokio::test]
async fn a_revoked_key_and_a_suspended_tenant_stop_within_ten_seconds() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    let rows = app.store().tenant(tenant.id);
    let key = &rows.list_api_keys().await.unwrap()[0];
    rows.revoke_api_key(key.id, key.created_at).await.unwrap();
    let refused = async {
        loop {
            let answer = send(tenant.agent.post("/mcp").body("{}")).await;
            if answer.status == 401 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("refused within ten seconds");
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_withholds_the_answer() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.break_ledger().await;
    let error = tenant.agent.refused("probe", "echo", json!({ "account": probe::ACCOUNT, "text": "the answer" })).await;
    assert_eq!(error["class"], "not_recorded");
    assert!(!error.to_string().contains("the answer\""));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_and_not_charged() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.limits.answer_characters = 100).await;
    let tenant = app.tenant("one").await;
    let long = json!({ "account": probe::ACCOUNT, "text": "x".repeat(200) });
    assert_eq!(tenant.agent.refused("probe", "echo", long).await["class"], "too_large");
    assert_eq!(last(&app, &tenant).await, (Outcome::CallerFault, Some("too_large".into()), Micros(0)));
}

#[tokio::test]
async fn calls_under_way_finish_when_the_server_stops() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 200 });
    let agent = tenant.agent.clone();
    let before = app.vendor("probe").script.received();
    let call = tokio::spawn(async move { agent.call("probe", "fetch", json!({ "account": probe::ACCOUNT })).await });
    while app.vendor("probe").script.received() == before {
        tokio::task::yield_now().await;
    }
    app.begin_stop();
    assert_eq!(call.await.unwrap()["isError"], false);
    app.stopped().await.unwrap();
}
