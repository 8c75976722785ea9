//! The catalogue as an MCP registry, version 0.1 of its API: what is served is listed, and nothing can be published here.
//! <https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/api/openapi.yaml>

mod entries;
mod name;
mod query;
mod refusal;

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use serde_json::{Value, json};

use crate::{Portal, brand::Brand};
use entries::{ALL_IN_ONE, Entry, entries};
use query::Wanted;
use refusal::Refusal;

/// The word for the newest version, where one is asked for.
const LATEST: &str = "latest";

/// All servers, a page of them at a time.
pub(crate) async fn list(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(wanted) = wanted.map_err(|rejection| Refusal::Query(rejection.body_text()))?;
    let changed_at = portal.started_at.max(brand.set_at);
    let (page, next) = wanted.page(entries(&portal, &brand), changed_at)?;
    Ok(Json(answer(&page, next)))
}

/// The versions of one server: the one that is served.
pub(crate) async fn versions(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    Path(server): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(answer(&[find(&portal, &brand, &server)?], None)))
}

/// One version of one server.
pub(crate) async fn version(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    Path((server, version)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let entry = find(&portal, &brand, &server)?;
    if version != LATEST && version != entry.version {
        return Err(Refusal::Version);
    }
    Ok(Json(with_status(&entry)))
}

/// `server.json` of one integration, as its publisher would hand it in elsewhere.
pub(crate) async fn document(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    Path(integration): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(find(&portal, &brand, &name::of(&portal.public_url, &integration))?.document))
}

/// `server.json` of all integrations behind one address.
pub(crate) async fn document_of_all(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(find(&portal, &brand, &name::of(&portal.public_url, ALL_IN_ONE))?.document))
}

fn find(portal: &Portal, brand: &Brand, name: &str) -> Result<Entry, Refusal> {
    entries(portal, brand).into_iter().find(|entry| entry.name == name).ok_or(Refusal::Server)
}

fn answer(entries: &[Entry], next: Option<String>) -> Value {
    let mut metadata = json!({ "count": entries.len() });
    if let Some(next) = next {
        metadata["nextCursor"] = json!(next);
    }
    json!({ "servers": entries.iter().map(with_status).collect::<Vec<_>>(), "metadata": metadata })
}

/// Without instants: nobody has written down when a version was first served or last changed.
fn with_status(entry: &Entry) -> Value {
    let official = json!({ "status": "active", "isLatest": true });
    json!({ "server": entry.document, "_meta": { "io.modelcontextprotocol.registry/official": official } })
}
