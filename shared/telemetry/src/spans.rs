//! The span tree of a call: one server span, below it one client span for each upstream request.
//!
//! Names follow the OpenTelemetry conventions for MCP and GenAI, with four fields of our own.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// What is known when a call begins.
pub struct CallSpan<'a> {
    /// The call.
    pub call_id: &'a str,
    /// The tenant.
    pub tenant_id: &'a str,
    /// The tool.
    pub tool: &'a str,
    /// Version of the MCP server.
    pub server_version: &'a str,
    /// Revision of the protocol.
    pub protocol_version: &'a str,
    /// The caller's trace, if it sent one.
    pub parent: Option<&'a Traceparent>,
}

/// The server span of a call.
pub fn call_span(call: &CallSpan<'_>) -> Span {
    let span = info_span!(
        "call",
        otel.name = format_args!("tools/call {}", call.tool),
        otel.kind = "server",
        otel.status_code = Empty,
        error.r#type = Empty,
        mcp.method.name = "tools/call",
        mcp.protocol.version = call.protocol_version,
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = call.tool,
        mcp.tenant_id = call.tenant_id,
        mcp.tool_name = call.tool,
        mcp.tool_call_id = call.call_id,
        mcp.server_version = call.server_version,
    );
    if let Some(parent) = call.parent {
        // Without an exporter there is no place to keep the parent, and nothing is lost.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent.0.clone()));
    }
    span
}

/// One upstream request.
pub struct UpstreamSpan<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Name of the integration.
    pub integration: &'a str,
    /// Host of the upstream.
    pub host: &'a str,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// The client span of one upstream request.
pub fn upstream_span(request: &UpstreamSpan<'_>) -> Span {
    info_span!(
        "upstream",
        otel.name = format_args!("{} {}", request.method, request.integration),
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        http.request.method = request.method,
        http.response.status_code = Empty,
        http.request.resend_count = request.attempt.saturating_sub(1),
        server.address = request.host,
    )
}

/// A W3C `traceparent`.
#[derive(Clone, Debug)]
pub struct Traceparent(SpanContext);

impl Traceparent {
    /// Reads `00-<trace>-<span>-<flags>`; anything else is no parent.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
            return None;
        }
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
        let context = SpanContext::new(
            TraceId::from_hex(trace).ok()?,
            SpanId::from_hex(span).ok()?,
            flags,
            true,
            TraceState::NONE,
        );
        context.is_valid().then_some(Self(context))
    }

    /// The trace that a span belongs to: its own when spans are exported.
    pub fn of(span: &Span) -> Option<Self> {
        let context = span.context().span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }

    /// The trace id, in hexadecimal.
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }

    /// As a header value.
    pub fn header(&self) -> String {
        format!("00-{}-{}-{:02x}", self.0.trace_id(), self.0.span_id(), self.0.trace_flags())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_back_as_written_and_nonsense_is_none() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = Traceparent::parse(text).unwrap();
        assert_eq!(parent.header(), text);
        assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for bad in [
            "",
            "00-x-y-z",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ] {
            assert!(Traceparent::parse(bad).is_none(), "{bad}");
        }
    }
}
