//! What can be observed: spans and metrics from the code that makes them, and in words what there is besides.

use tracing::{Span, subscriber::with_default};
use tracing_subscriber::registry;
use turnpike_telemetry::{
    CallSpan, UpstreamSpan, call_span,
    metrics::{ATTRIBUTES, INSTRUMENTS, Instrument},
    upstream_span,
};

use crate::facts::table;

const BEGINNING: &str = "\
## Logs

Records go to standard error, `telemetry.log` says in which form, `telemetry.filter` which. What has the shape of a secret is taken out \
of each. There is one record `call` at level `info` for each call, with `call_id`, `tenant_id`, `integration`, `tool`, `outcome`, `class` \
(of a call that was refused or failed), `price`, `millis` and `upstream_requests`.

## Spans

They exist only while `telemetry.otlp_endpoint` is set, and are exported by OTLP over HTTP. A call is one server span, joined to the \
caller's `traceparent`; each upstream request is a client span below it.";

const METRICS: &str = "\
## Metrics

They exist only while `telemetry.otlp_endpoint` is set, and are exported by OTLP over HTTP every `telemetry.export_seconds`, and once more \
when a process ends. There is no page to scrape. An attribute never says whose a call was, and never what a stranger has written: what one \
client does is in the ledger. What says how the deployment stands is read from the database by workers only; the smallest or greatest \
counts where several say it.

Names are those of the OpenTelemetry conventions where they have some. *In Prometheus* is the name under its default translation, \
`UnderscoreEscapingWithSuffixes`; a histogram has `_bucket`, `_count` and `_sum` behind it, and dots in attributes become underscores.";

const ELSEWHERE: &str = "\
Alarms and a dashboard for these are in the repository's `deploy/observability`.

### What is asked elsewhere

| Question | Answer |
|---|---|
| Calls, outcomes, units and prices, by client, tool and time | `turnpike usage`, the page *Usage*, `/usage.csv`; every call is a row of the ledger |
| One call and each of its upstream requests | the record `call`, the spans, the page of a call |
| Is a process ready | `GET /ready`, `turnpike healthcheck` |
| Does everything work: settings, database, keys, Redis, mails, API versions, each connection | `turnpike doctor --json`, its exit code |
| Background work: what is due, late, failing | `turnpike work list`, `/console/work` |
| Is ledger = batches = payment provider | `turnpike billing prove` |
| Which grants and API versions end, and when | `turnpike doctor`, `/console/credentials`, `/console/deprecations` |";

/// What each field says.
const FIELDS: &[(&str, &str)] = &[
    ("otel.name", "the span's name as it is exported: `tools/call TOOL`, or method and integration"),
    ("otel.kind", "`server` or `client`"),
    ("otel.status_code", "`ERROR` when it failed"),
    ("error.type", "the class of the failure, as on the page *Errors and outcomes*, or the HTTP status"),
    ("mcp.method.name", "always `tools/call`"),
    ("mcp.protocol.version", "the revision that the client speaks"),
    ("gen_ai.operation.name", "always `execute_tool`"),
    ("gen_ai.tool.name", "the tool"),
    ("mcp.tenant_id", "the client"),
    ("mcp.tool_name", "the tool"),
    ("mcp.tool_call_id", "the call, as in the ledger and in the answer"),
    ("mcp.server_version", "the version of the MCP server"),
    ("http.request.method", "the method of the upstream request"),
    ("http.response.status_code", "the status of its answer"),
    ("http.request.resend_count", "how often it was sent before"),
    ("server.address", "the vendor's host"),
];

pub(super) fn page() -> String {
    let spans = with_default(registry(), || {
        let call = call_span(&CallSpan {
            call_id: "",
            tenant_id: "",
            tool: "",
            server_version: "",
            protocol_version: "",
            parent: None,
        });
        let request = upstream_span(&UpstreamSpan { method: "", integration: "", host: "", attempt: 1 });
        [of_span(&call), of_span(&request)].join("\n\n")
    });
    let (instruments, attributes) = (instruments(), attributes());
    format!("{BEGINNING}\n\n{spans}\n\n{METRICS}\n\n{instruments}\n\n{attributes}\n\n{ELSEWHERE}")
}

fn instruments() -> String {
    let rows = INSTRUMENTS.iter().map(|instrument| {
        let Instrument { name, kind, unit, says, .. } = instrument;
        let attributes: Vec<_> = instrument.attributes.iter().map(|own| format!("`{}`", own.name)).collect();
        vec![
            format!("`{name}`<br>{}, `{unit}`", kind.as_str()),
            format!("`{}`", instrument.in_prometheus()),
            (*says).to_owned(),
            attributes.join(", "),
        ]
    });
    table(&["Instrument", "In Prometheus", "What it says", "Attributes"], rows.collect())
}

fn attributes() -> String {
    let rows = ATTRIBUTES.iter().map(|own| vec![format!("`{}`", own.name), own.says.to_owned()]);
    table(&["Attribute", "What it says"], rows.collect())
}

fn of_span(span: &Span) -> String {
    let Some(metadata) = span.metadata() else { return String::new() };
    let rows = metadata.fields().iter().map(|field| {
        let about = FIELDS.iter().find(|(name, _)| *name == field.name()).map_or("", |(_, about)| about);
        vec![format!("`{}`", field.name()), about.to_owned()]
    });
    format!("### `{}`\n\n{}", metadata.name(), table(&["Field", "What it says"], rows.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_said_of_every_field_of_every_span() {
        let page = page();
        assert!(page.contains("### `call`") && page.contains("### `upstream`"), "{page}");
        let silent: Vec<_> = page.lines().filter(|line| line.ends_with("` |  |")).collect();
        assert_eq!(silent, Vec::<&str>::new());
        assert!(
            FIELDS.iter().all(|(name, _)| page.contains(&format!("| `{name}` |"))),
            "a field of no span is described"
        );
    }
}
