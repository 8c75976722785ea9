//! Logs, spans, metrics, OTLP export and redaction. Every span, field, instrument and attribute of the product is named in this
//! crate.

mod init;
pub mod metrics;
mod scrub;
mod spans;

pub use init::{Telemetry, TelemetryError};
pub use scrub::scrub;
pub use spans::{CallSpan, Traceparent, UpstreamSpan, call_span, upstream_span};
