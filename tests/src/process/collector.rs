//! An OpenTelemetry collector that keeps what it gets.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    metrics::v1::{NumberDataPoint, metric::Data, number_data_point},
    trace::v1,
};
use prost::Message as _;
use tokio::net::TcpListener;

/// The collector.
pub struct Collector {
    url: String,
    bodies: Bodies,
    metric_bodies: Bodies,
}

type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// A span as it arrived.
#[derive(Debug)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its id, in hexadecimal.
    pub id: String,
    /// The span above it; empty for none.
    pub parent: String,
    /// Server, client, internal.
    pub kind: v1::span::SpanKind,
    /// It ended in an error.
    pub failed: bool,
    /// Its attributes, as text.
    pub attributes: HashMap<String, String>,
}

/// What an instrument says, with these attributes, in the last export of a process.
#[derive(Debug)]
pub struct Measurement {
    /// The instrument.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The process.
    pub instance: String,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// Its value; of a histogram, how many there are.
    pub value: f64,
    /// Where the buckets of a histogram end.
    pub boundaries: Vec<f64>,
}

impl Collector {
    /// Starts it.
    pub async fn start() -> Self {
        let (bodies, metric_bodies) = (Bodies::default(), Bodies::default());
        let keep = async |State(bodies): State<Bodies>, body: Bytes| lock(&bodies).push(body);
        let router = Router::new()
            .route("/v1/traces", post(keep).with_state(bodies.clone()))
            .route("/v1/metrics", post(keep).with_state(metric_bodies.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, bodies, metric_bodies }
    }

    /// The setting that leads here.
    pub fn setting(&self) -> String {
        format!("otlp_endpoint = \"{}\"\n", self.url)
    }

    /// Everything that arrived, byte by byte.
    pub fn bytes(&self) -> Vec<u8> {
        [lock(&self.bodies).concat(), self.metric_bytes()].concat()
    }

    /// The metrics that arrived, byte by byte.
    pub fn metric_bytes(&self) -> Vec<u8> {
        lock(&self.metric_bodies).concat()
    }

    /// What each process has said last of each instrument: its sums go on from export to export.
    pub fn measurements(&self) -> Vec<Measurement> {
        let requests = lock(&self.metric_bodies);
        let requests = requests.iter().map(|body| ExportMetricsServiceRequest::decode(body.clone()).unwrap());
        let mut last = BTreeMap::new();
        for resource in requests.flat_map(|request| request.resource_metrics) {
            let own = texts(resource.resource.unwrap_or_default().attributes);
            last.insert(own["service.instance.id"].clone(), resource.scope_metrics);
        }
        let scopes =
            last.into_iter().flat_map(|(instance, scopes)| scopes.into_iter().map(move |own| (instance.clone(), own)));
        let metrics =
            scopes.flat_map(|(instance, own)| own.metrics.into_iter().map(move |metric| (instance.clone(), metric)));
        metrics
            .flat_map(|(instance, metric)| {
                let (name, unit) = (metric.name, metric.unit);
                points(metric.data).into_iter().map(move |(attributes, value, boundaries)| {
                    let (name, unit, instance) = (name.clone(), unit.clone(), instance.clone());
                    Measurement { name, unit, instance, attributes: texts(attributes), value, boundaries }
                })
            })
            .collect()
    }

    /// The spans that arrived.
    pub fn spans(&self) -> Vec<Span> {
        let requests = lock(&self.bodies);
        let requests = requests.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .map(Span::from)
            .collect()
    }
}

impl From<v1::Span> for Span {
    fn from(span: v1::Span) -> Self {
        let kind = span.kind();
        Self {
            name: span.name,
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            kind,
            failed: span.status.is_some_and(|status| status.code() == v1::status::StatusCode::Error),
            attributes: texts(span.attributes).into_iter().collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a test counts few")]
fn points(data: Option<Data>) -> Vec<(Vec<KeyValue>, f64, Vec<f64>)> {
    let number = |point: NumberDataPoint| {
        let value = match point.value {
            Some(number_data_point::Value::AsDouble(value)) => value,
            Some(number_data_point::Value::AsInt(value)) => value as f64,
            None => f64::NAN,
        };
        (point.attributes, value, vec![])
    };
    match data {
        Some(Data::Gauge(own)) => own.data_points.into_iter().map(number).collect(),
        Some(Data::Sum(own)) => own.data_points.into_iter().map(number).collect(),
        Some(Data::Histogram(own)) => {
            own.data_points.into_iter().map(|own| (own.attributes, own.count as f64, own.explicit_bounds)).collect()
        }
        other => panic!("an instrument that nobody has asked for: {other:?}"),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock(bodies: &Mutex<Vec<Bytes>>) -> MutexGuard<'_, Vec<Bytes>> {
    bodies.lock().unwrap_or_else(PoisonError::into_inner)
}
