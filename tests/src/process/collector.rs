//! An OpenTelemetry collector that keeps what it gets.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value::Value},
    trace::v1,
};
use prost::Message as _;
use tokio::net::TcpListener;

/// The collector.
pub struct Collector {
    url: String,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

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

impl Collector {
    /// Starts it.
    pub async fn start() -> Self {
        let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
        let keep = async |State(bodies): State<Arc<Mutex<Vec<Bytes>>>>, body: Bytes| lock(&bodies).push(body);
        let router = Router::new().route("/v1/traces", post(keep)).with_state(bodies.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, bodies }
    }

    /// The setting that leads here.
    pub fn setting(&self) -> String {
        format!("otlp_endpoint = \"{}\"\n", self.url)
    }

    /// Everything that arrived, byte by byte.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.bodies).concat()
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
            attributes: span.attributes.into_iter().map(|pair| (pair.key, text(pair.value))).collect(),
        }
    }
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
