//! Logs, spans, OTLP export and redaction. Every span and field name of the product stands in this crate.

mod init;
mod scrub;
mod spans;

pub use init::{Telemetry, TelemetryError};
pub use scrub::scrub;
pub use spans::{CallSpan, Traceparent, UpstreamSpan, call_span, upstream_span};
