//! Sending metrics to a collector, and saying once that it does not work.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{PeriodicReader, SdkMeterProvider, Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
};

use crate::TelemetryError;

/// What collects and sends, on a thread of its own. `endpoint` is the base URL of the collector.
pub(crate) fn provider(
    endpoint: &str,
    every: Duration,
    resource: Resource,
) -> Result<SdkMeterProvider, TelemetryError> {
    let exporter = MetricExporter::builder()
        .with_temporality(Temporality::Cumulative)
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{endpoint}/v1/metrics"))
        .build()
        .map_err(|error| TelemetryError::Otlp(error.to_string()))?;
    let reader = PeriodicReader::builder(Told { exporter, failing: AtomicBool::new(false) }).with_interval(every);
    Ok(SdkMeterProvider::builder().with_reader(reader.build()).with_resource(resource).build())
}

/// An exporter whose first failure is logged, and whose recovery.
struct Told {
    exporter: MetricExporter,
    failing: AtomicBool,
}

impl PushMetricExporter for Told {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        match &result {
            Err(error) if !self.failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "metrics are not exported");
            }
            Ok(()) if self.failing.swap(false, Ordering::Relaxed) => tracing::info!("metrics are exported again"),
            Ok(()) | Err(_) => {}
        }
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
