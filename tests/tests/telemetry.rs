//! What an OpenTelemetry collector gets: the spans of a call, and every metric.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use turnpike_core::{Ambient, Timestamp};
use turnpike_sdk::Behaviour;
use turnpike_store::{ConnectionState, NewConnection};
use turnpike_telemetry::metrics::INSTRUMENTS;
use turnpike_tests::process::{Caller, Collector, Deployment, Measurement, PATIENCE, Vendor};

/// No Redis listens there.
const NO_REDIS: &str = "[redis]\nurl = \"redis://127.0.0.1:1/0\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_tree_of_spans_below_the_caller_s_own() {
    let (collector, vendor) = (Collector::start().await, Vendor::start().await);
    let deployment = Deployment::on_sqlite(&(collector.setting() + &vendor.settings()));
    let tenant = deployment.add_tenant().await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    deployment.connect(tenant, &vendor).await;
    let server = deployment.serve().await;
    let caller = caller.at(&server);

    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    vendor.script().next(1, Behaviour::Html500);
    let of_customer = json!({ "account_id": "1000000002" });
    let traced = caller.traced(&format!("00-{trace}-{parent}-01"));
    let good = traced.call("list_campaigns", &of_customer).await.unwrap();
    vendor.script().next(1, Behaviour::Permission);
    let refused = caller.call("list_campaigns", &of_customer).await.unwrap();
    let by_header = caller.traced_by_header(&format!("00-{trace}-{parent}-01")).list_accounts().await.unwrap();
    assert_eq!((good.class(), refused.class()), (None, Some("permission")));
    let store = deployment.store().await;
    let row = store.tenant(tenant).find_call(good.call_id()).await.unwrap().unwrap();
    assert!(server.stop().await, "a server that is asked to stop exports what is left and ends well");

    let spans = collector.spans();
    let find = |id: String| spans.iter().find(|span| span.attributes.get("mcp.tool_call_id") == Some(&id)).unwrap();
    let call = find(good.call_id().to_string());
    assert_eq!((call.name.as_str(), call.kind), ("tools/call list_campaigns", SpanKind::Server));
    assert_eq!((call.trace.as_str(), call.parent.as_str(), call.failed), (trace, parent, false));
    assert_eq!(row.trace_id.as_deref(), Some(trace), "the ledger leads to the trace");
    for (name, value) in [
        ("mcp.tenant_id", tenant.to_string().as_str()),
        ("mcp.tool_name", "list_campaigns"),
        ("mcp.server_version", "0.1.0"),
        ("mcp.method.name", "tools/call"),
        ("mcp.protocol.version", "2026-07-28"),
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "list_campaigns"),
    ] {
        assert_eq!(call.attributes.get(name).map(String::as_str), Some(value), "{name}");
    }

    let below: Vec<_> = spans.iter().filter(|span| span.parent == call.id).collect();
    assert_eq!(below.len() as i64, row.upstream_requests, "one child for each upstream request");
    assert!(below.iter().all(|span| span.trace == trace && span.kind == SpanKind::Client));
    let statuses: Vec<_> =
        below.iter().map(|span| (span.attributes["http.response.status_code"].as_str(), span.failed)).collect();
    assert!(statuses.contains(&("500", true)) && statuses.contains(&("200", false)), "{statuses:?}");
    assert!(below.iter().any(|span| span.attributes["http.request.resend_count"] == "1"));

    let of_header = find(by_header.call_id().to_string());
    assert_eq!((of_header.trace.as_str(), of_header.parent.as_str()), (trace, parent), "a header will do as well");

    let other = find(refused.call_id().to_string());
    assert!(other.failed && other.trace != trace && other.parent.is_empty());
    assert_eq!(other.attributes["error.type"], "permission");

    let sent: Vec<_> = vendor.script().recorded();
    let passed_on = sent.iter().filter_map(|request| request.headers.get("traceparent")?.to_str().ok());
    assert!(passed_on.filter(|header| header.contains(trace)).count() >= below.len(), "the upstream learns the trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_list_is_exported_counts_as_the_ledger_does_and_names_nobody() {
    let (collector, vendor) = (Collector::start().await, Vendor::start().await);
    let settings = collector.setting() + "export_seconds = 1\n" + NO_REDIS + &vendor.settings();
    let deployment = Deployment::on_sqlite(&settings);
    let (tenant, now) = (deployment.add_tenant().await, Ambient::system().now());
    let key = deployment.add_key(tenant).await;
    deployment.connect(tenant, &vendor).await;
    let store = deployment.store().await;
    let connection = store.tenant(tenant).find_connection("google-ads").await.unwrap().unwrap();
    store.tenant(tenant).insert_connection(&ending(now)).await.unwrap();
    let server = deployment.serve().await;
    let caller = Caller::new(&key).at(&server);

    // Good ones, refused ones, failed ones.
    let account = json!({ "account_id": "1000000002" });
    caller.list_accounts().await.unwrap();
    caller.call("list_campaigns", &account).await.unwrap();
    caller.call("list_campaigns", &json!({ "canary_argument": 1 })).await.unwrap();
    for behaviour in [Behaviour::Permission, Behaviour::Storm { seconds: 60 }] {
        vendor.script().next(1, behaviour);
        caller.call("list_campaigns", &account).await.unwrap();
    }
    vendor.script().next(3, Behaviour::Html500);
    caller.list_accounts().await.unwrap();
    for behaviour in [Behaviour::Reset, Behaviour::ExpiredToken] {
        vendor.script().next(1, behaviour);
        caller.list_accounts().await.unwrap();
    }
    // A stranger makes up names.
    caller.attempt("canary_tool", &json!({})).await.unwrap().unwrap_err();
    let made_up = Method::from_bytes(b"CANARY").unwrap();
    reqwest::Client::new().request(made_up, format!("{}/canary-path", server.url)).send().await.unwrap();
    // The grant ends.
    vendor.script().next(1, Behaviour::Revoked);
    caller.list_accounts().await.unwrap();

    let names = || collector.measurements().into_iter().map(|own| own.name).collect::<BTreeSet<_>>();
    let all: BTreeSet<_> = INSTRUMENTS.iter().map(|instrument| instrument.name.to_owned()).collect();
    until(|| names() == all).await;
    assert_eq!(names(), all, "what is exported, and what is on the list");
    // What happened since the last export goes out at the end.
    caller.call("list_campaigns", &account).await.unwrap();
    assert!(server.stop().await);

    let measured = collector.measurements();
    for instrument in INSTRUMENTS {
        let own: Vec<_> = measured.iter().filter(|own| own.name == instrument.name).collect();
        let attributes: BTreeSet<_> = own.iter().flat_map(|own| own.attributes.keys().map(String::as_str)).collect();
        let listed: BTreeSet<_> = instrument.attributes.iter().map(|attribute| attribute.name).collect();
        assert_eq!(attributes, listed, "{}: the attributes that were seen, and those of the list", instrument.name);
        for own in own {
            assert_eq!((own.unit.as_str(), &*own.boundaries), (instrument.unit, instrument.boundaries), "{own:?}");
        }
    }

    let lines = store.tenant(tenant).usage(now, Timestamp::from_micros(i64::MAX)).await.unwrap();
    let mut ledger = BTreeMap::new();
    for line in &lines {
        *ledger.entry((line.tool.clone(), line.outcome.to_string())).or_default() += line.calls as f64;
    }
    let calls = summed(&measured, "mcp.server.operation.duration", &["gen_ai.tool.name", "turnpike.outcome"]);
    let calls: BTreeMap<_, _> = calls.into_iter().map(|(by, count)| ((by[0].clone(), by[1].clone()), count)).collect();
    assert_eq!(calls, ledger, "calls by tool and outcome");
    assert!(ledger.len() >= 5, "{ledger:?}");
    let instance = |name: &str| measured.iter().find(|own| own.name == name).unwrap().instance.clone();
    let served = instance("mcp.server.operation.duration");
    let sent = measured.iter().filter(|own| own.name == "http.client.request.duration" && own.instance == served);
    let steps: i64 = lines.iter().map(|line| line.upstream_requests).sum();
    assert_eq!(sent.map(|own| own.value).sum::<f64>(), steps as f64, "requests to the vendor");

    let value = |name: &str| measured.iter().filter(|own| own.name == name).map(|own| own.value).sum::<f64>();
    assert_eq!((value("turnpike.redis.gone"), value("turnpike.connection.breaks")), (1.0, 1.0));
    let holds = summed(&measured, "turnpike.upstream.holds", &["turnpike.scope", "error.type"]);
    assert_eq!(holds, BTreeMap::from([(vec!["account".to_owned(), "rate_storm".to_owned()], 1.0)]));
    let errors = summed(&measured, "mcp.server.operation.duration", &["error.type"]);
    for class in ["invalid_argument", "permission", "rate_storm", "upstream", "reconnect_needed"] {
        assert!(errors.contains_key(&vec![class.to_owned()]), "{class}: {errors:?}");
    }

    let bytes = collector.metric_bytes();
    let credential = vendor.credential();
    let secrets = credential.as_object().unwrap().values().filter_map(Value::as_str);
    let (tenant, connection) = (tenant.to_string(), connection.id.to_string());
    for canary in secrets.chain(["canary", "CANARY", "1000000002", &key, &tenant, &connection]) {
        assert!(!bytes.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary} is exported");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_is_told_of_once_and_stops_nobody() {
    let (asked, good) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let answer = |(asked, good): (Arc<AtomicUsize>, Arc<AtomicBool>)| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        if good.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::BAD_REQUEST }
    };
    let state = (asked.clone(), good.clone());
    let router = Router::new().route("/v1/metrics", post(move || answer(state.clone())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = format!("otlp_endpoint = \"http://{}\"\nexport_seconds = 1\n", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let deployment = Deployment::on_sqlite(&settings);
    let tenant = deployment.add_tenant().await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    let server = deployment.serve().await;
    let told = |words: &str| server.log().matches(words).count();
    until(|| asked.load(Ordering::SeqCst) >= 3).await;
    assert_eq!(told("metrics are not exported"), 1, "{}", server.log());
    good.store(true, Ordering::SeqCst);
    until(|| told("metrics are exported again") == 1).await;
    assert_eq!(told("metrics are exported again"), 1);
    assert_eq!(caller.at(&server).list_accounts().await.unwrap().class(), Some("not_connected"));
    assert!(server.stop().await);
}

/// A connection whose end is near.
fn ending(now: Timestamp) -> NewConnection {
    NewConnection {
        id: Ambient::system().id(),
        integration: "linkedin-ads".into(),
        sandbox: false,
        accounts_json: "[]".into(),
        state: ConnectionState::Ok,
        predicted_end: Some(now.plus(Duration::from_secs(10 * 24 * 3600))),
        now,
    }
}

/// Waits until it is so, and not for ever: what is asserted next shows what is missing.
async fn until(mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The sums of an instrument's values, by some of its attributes.
fn summed(measured: &[Measurement], name: &str, by: &[&str]) -> BTreeMap<Vec<String>, f64> {
    let mut sums = BTreeMap::new();
    for own in measured.iter().filter(|own| own.name == name) {
        let by = by.iter().map(|name| own.attributes.get(*name).cloned().unwrap_or_default()).collect();
        *sums.entry(by).or_default() += own.value;
    }
    sums
}
