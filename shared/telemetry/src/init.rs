//! Starting and stopping logs and export.

use std::{io::IsTerminal as _, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt as _, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};
use turnpike_config::{LogFormat, TelemetrySettings};
use turnpike_core::{Ambient, ProcessId};

use crate::{metrics, scrub::Scrubbed};

/// How long the last export may take.
const PATIENCE: Duration = Duration::from_secs(5);

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
pub struct Telemetry(Option<Export>);

/// What leaves the process.
struct Export {
    spans: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Telemetry {
    /// Starts logging to standard error, and export when an endpoint is set. Once for each process.
    pub fn start(settings: &TelemetrySettings, ambient: &Ambient) -> Result<Self, TelemetryError> {
        let filter = EnvFilter::try_new(&settings.filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
        let log = tracing_subscriber::fmt::layer().with_writer(Scrubbed).with_ansi(std::io::stderr().is_terminal());
        let log = match settings.log {
            LogFormat::Human => log.with_target(false).boxed(),
            LogFormat::Json => log.json().flatten_event(true).boxed(),
        };
        // Records carry their own ids. A span that nobody exports is not even made.
        let log = log.with_filter(filter.and(filter_fn(|metadata| metadata.is_event())));
        let export = (!settings.otlp_endpoint.is_empty()).then(|| Export::new(settings, ambient)).transpose()?;
        let spans = export.as_ref().map(|export| {
            let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("turnpike"));
            tracing_opentelemetry::layer().with_tracer(export.spans.tracer("turnpike")).with_filter(ours).boxed()
        });
        // As one list: an absent layer of its own would count as one that wants every span.
        let layers: Vec<_> = spans.into_iter().chain([log.boxed()]).collect();
        tracing_subscriber::registry().with(layers).try_init().map_err(|_| TelemetryError::Twice)?;
        std::panic::set_hook(Box::new(log_panic));
        if let Some(export) = &export {
            metrics::record_with(&export.metrics);
        }
        Ok(Self(export))
    }

    /// Sends what is not yet exported. Blocks for five seconds at most.
    pub fn finish(self) {
        let Some(Export { spans, metrics }) = self.0 else { return };
        // At the same time, so that a collector that hangs is waited for once.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                if let Err(error) = metrics.shutdown_with_timeout(PATIENCE) {
                    tracing::warn!(%error, "the last metrics were not exported");
                }
            });
            if let Err(error) = spans.shutdown_with_timeout(PATIENCE) {
                tracing::warn!(%error, "some spans were not exported");
            }
        });
    }
}

impl Export {
    fn new(settings: &TelemetrySettings, ambient: &Ambient) -> Result<Self, TelemetryError> {
        // The counts of two processes are two, and stay so when one is started anew.
        let instance = ambient.id::<ProcessId>().to_string();
        let resource = Resource::builder()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.instance.id", instance))
            .build();
        let endpoint = settings.otlp_endpoint.trim_end_matches('/');
        let every = Duration::from_secs(settings.export_seconds);
        let metrics = metrics::provider(endpoint, every, resource.clone())?;
        Ok(Self { spans: span_provider(endpoint, resource)?, metrics })
    }
}

/// A panic is a log record like any other: one line, scrubbed, without the message of whoever panicked, which may quote data.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panicked");
}

fn span_provider(endpoint: &str, resource: Resource) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/traces"))
        .build()
        .map_err(|error| TelemetryError::Otlp(error.to_string()))?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
