//! What an OpenTelemetry collector sees of a call.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;
use turnpike_sdk::Behaviour;
use turnpike_tests::process::{Caller, Collector, Deployment, Vendor};

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
