//! The paths of the simulated Amazon: those of the API below a region, and the files beside them.

use std::collections::HashMap;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::HOST},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::Value;

use super::{
    Amazon,
    admit::{SCOPE, media, text},
    files, list,
    refusal::{REQUEST_ID, Refusal},
    reports, update,
};
use crate::{manifest::MANIFEST, profile::Collection};

const CREATE: &str = "application/vnd.createasyncreportrequest.v3+json";
const CREATED: &str = "application/vnd.createasyncreportresponse.v3+json";
const STATE: &str = "application/vnd.getasyncreportresponse.v3+json";

pub(super) fn router(amazon: Amazon) -> Router {
    Router::new()
        .route("/{region}/v2/profiles", get(profiles))
        .route("/{region}/sp/{collection}/list", post(listing))
        .route("/{region}/sp/{collection}", put(updating))
        .route("/{region}/reporting/reports", post(create))
        .route("/{region}/reporting/reports/{id}", get(look))
        .route("/report-files/{name}", get(file))
        .with_state(amazon)
}

async fn profiles(
    State(amazon): State<Amazon>,
    Path(region): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    answer(StatusCode::OK, || {
        known(&region)?;
        amazon.admit(&region, &headers)?;
        if headers.contains_key(SCOPE) {
            return Err(Refusal::invalid("Profiles are listed without a scope"));
        }
        if !amazon.reaches(&region, &headers) {
            return Ok(Value::Array(vec![]));
        }
        list::profiles(&amazon.world(), &region, &query)
    })
}

async fn listing(
    State(amazon): State<Amazon>,
    Path((region, collection)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(StatusCode::OK, || {
        let (of, kind) = self::collection(&collection)?;
        known(&region)?;
        amazon.admit(&region, &headers)?;
        let mut world = amazon.world();
        let profile = world.profile(&region, &headers)?;
        media(&headers, Some(kind), kind)?;
        list::list(profile, of, &body)
    })
}

async fn updating(
    State(amazon): State<Amazon>,
    Path((region, collection)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(StatusCode::MULTI_STATUS, || {
        let (of, kind) = self::collection(&collection)?;
        known(&region)?;
        amazon.admit(&region, &headers)?;
        let mut world = amazon.world();
        let profile = world.profile(&region, &headers)?;
        media(&headers, Some(kind), kind)?;
        if of == Collection::Keywords {
            return Err(not_found("changing keywords"));
        }
        update::update(profile, of, &body)
    })
}

async fn create(State(amazon): State<Amazon>, Path(region): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    answer(StatusCode::OK, || {
        known(&region)?;
        amazon.admit(&region, &headers)?;
        let mut world = amazon.world();
        let profile = world.profile(&region, &headers)?;
        let profile = (profile.id, profile.manner);
        media(&headers, Some(CREATE), CREATED)?;
        reports::create(&mut world, profile, &body, amazon.ambient.now())
    })
}

async fn look(
    State(amazon): State<Amazon>,
    Path((region, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answer(StatusCode::OK, || {
        known(&region)?;
        amazon.admit(&region, &headers)?;
        let mut world = amazon.world();
        let profile = world.profile(&region, &headers)?.id;
        media(&headers, None, STATE)?;
        let host = text(&headers, HOST.as_str()).unwrap_or("localhost");
        let signature = amazon.ambient.bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
        reports::look(&mut world, profile, &id, host, signature, amazon.ambient.now())
    })
}

async fn file(
    State(amazon): State<Amazon>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    files::file(&amazon.world(), &name, &query, &headers, amazon.ambient.now())
}

fn answer(status: StatusCode, work: impl FnOnce() -> Result<Value, Refusal>) -> Response {
    match work() {
        Ok(body) => (status, [("x-amzn-requestid", REQUEST_ID)], Json(body)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn known(region: &str) -> Result<(), Refusal> {
    let known = MANIFEST.regions.iter().any(|known| known.name == region);
    known.then_some(()).ok_or_else(|| not_found(region))
}

fn collection(name: &str) -> Result<(Collection, &'static str), Refusal> {
    match name {
        "campaigns" => Ok((Collection::Campaigns, "application/vnd.spCampaign.v3+json")),
        "adGroups" => Ok((Collection::AdGroups, "application/vnd.spAdGroup.v3+json")),
        "keywords" => Ok((Collection::Keywords, "application/vnd.spKeyword.v3+json")),
        other => Err(not_found(other)),
    }
}

fn not_found(what: &str) -> Refusal {
    Refusal::general(StatusCode::NOT_FOUND, "NOT_FOUND", format!("{what} is not served"))
}
