//! The paths of the simulated Google.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Google, metadata,
    mutate::{self, Service},
    refusal::{REQUEST_ID, Refusal},
    search,
};

pub(super) fn router(google: Google) -> Router {
    Router::new()
        .route("/{version}/customers:listAccessibleCustomers", get(accessible))
        .route("/{version}/customers/{customer}/{method}", post(customer))
        .route("/{version}/googleAdsFields:search", post(fields))
        .route("/{version}/googleAdsFields/{name}", get(field))
        .fallback(|| async { (StatusCode::NOT_FOUND, Html("<!DOCTYPE html><title>Error 404 (Not Found)</title>")) })
        .with_state(google)
}

async fn accessible(State(google): State<Google>, Path(version): Path<String>, headers: HeaderMap) -> Response {
    answer(google.admit(&version, &headers).map(|()| {
        let world = google.world();
        let direct = world.customers.iter().filter(|customer| customer.is_direct());
        json!({ "resourceNames": direct.map(|customer| format!("customers/{}", customer.id)).collect::<Vec<_>>() })
    }))
}

async fn customer(
    State(google): State<Google>,
    Path((version, customer, method)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = google.admit(&version, &headers).and_then(|()| google.call(&customer, &method, &headers, &body));
    match (method.as_str(), done) {
        ("googleAds:searchStream", Err(refusal)) => refusal.into_stream(),
        (_, done) => answer(done),
    }
}

impl Google {
    fn call(&self, customer: &str, method: &str, headers: &HeaderMap, body: &Bytes) -> Result<Value, Refusal> {
        let mut world = self.world();
        let customer = world.reach(customer, headers)?;
        let today = self.ambient.now().to_utc().date_naive();
        match method {
            "googleAds:search" => search::page(&json_body(headers, body)?, customer, &world, today),
            "googleAds:searchStream" => search::stream(&json_body(headers, body)?, customer, &world, today),
            _ => {
                let service = Service::find(method).ok_or_else(unknown_method)?;
                let id = customer.id;
                let (changed, answer) = mutate::change(service, customer, json_body(headers, body)?)?;
                if let Some(place) = world.customers.iter_mut().find(|customer| customer.id == id) {
                    *place = changed;
                }
                Ok(answer)
            }
        }
    }
}

async fn fields(
    State(google): State<Google>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(google.admit(&version, &headers).and_then(|()| metadata::search(&json_body(&headers, &body)?)))
}

async fn field(
    State(google): State<Google>,
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(google.admit(&version, &headers).and_then(|()| metadata::get(&name)))
}

fn answer(done: Result<Value, Refusal>) -> Response {
    match done {
        Ok(body) => ([("request-id", REQUEST_ID)], Json(body)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The body, which must be JSON, say so, and hold no field that Google does not know.
fn json_body<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Refusal> {
    let invalid =
        |why: String| Refusal::bad("requestError", "BAD_REQUEST", format!("Invalid JSON payload received. {why}"));
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !said.starts_with("application/json") {
        return Err(invalid(format!("Content-Type is '{said}'.")));
    }
    serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))
}

fn unknown_method() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "requestError", "UNKNOWN", "Method not found.")
}
