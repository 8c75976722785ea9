//! Starting and stopping logs and export.

use std::{io::IsTerminal as _, time::Duration};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};
use turnpike_config::{LogFormat, TelemetrySettings};

use crate::scrub::Scrubbed;

/// Why telemetry does not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TelemetryError {
    #[error("setting `telemetry.filter`: {0}")]
    Filter(String),
    #[error("setting `telemetry.otlp_endpoint`: {0}")]
    Otlp(String),
    #[error("logging was started twice")]
    Twice,
}

/// Running telemetry; call [`Telemetry::finish`] last.
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Starts logging to standard error, and export when an endpoint is set. Once for each process.
    pub fn start(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let filter = EnvFilter::try_new(&settings.filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
        let log = tracing_subscriber::fmt::layer().with_writer(Scrubbed).with_ansi(std::io::stderr().is_terminal());
        let log = match settings.log {
            LogFormat::Human => log.with_target(false).boxed(),
            LogFormat::Json => log.json().flatten_event(true).boxed(),
        };
        // Records carry their own ids. A span that nobody exports is not even made.
        let log = log.with_filter(filter.and(filter_fn(|metadata| metadata.is_event())));
        let provider = (!settings.otlp_endpoint.is_empty()).then(|| exporter(settings)).transpose()?;
        let spans = provider.as_ref().map(|provider| {
            let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("turnpike"));
            tracing_opentelemetry::layer().with_tracer(provider.tracer("turnpike")).with_filter(ours).boxed()
        });
        // As one list: an absent layer of its own would count as one that wants every span.
        let layers: Vec<_> = spans.into_iter().chain([log.boxed()]).collect();
        tracing_subscriber::registry().with(layers).try_init().map_err(|_| TelemetryError::Twice)?;
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self(provider))
    }

    /// Sends what is not yet exported. Blocks for five seconds at most.
    pub fn finish(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown_with_timeout(Duration::from_secs(5))) {
            tracing::warn!(%error, "some spans were not exported");
        }
    }
}

/// A panic is a log record like any other: one line, scrubbed, without the message of whoever panicked, which may quote data.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panicked");
}

fn exporter(settings: &TelemetrySettings) -> Result<SdkTracerProvider, TelemetryError> {
    let endpoint = format!("{}/v1/traces", settings.otlp_endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| TelemetryError::Otlp(error.to_string()))?;
    let resource = Resource::builder().with_service_name(settings.service_name.clone()).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
