//! The paths of the simulated vendor.

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::Uri,
    middleware::from_fn_with_state,
    routing::get,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Vendor, admit, refusal::Refusal};

/// The largest page.
const LARGEST_PAGE: usize = 100;

// CHANGE: the paths, parameters, bodies and answers of the vendor's reference. What the vendor refuses is refused here too:
// a sandbox that takes anything proves nothing.
pub(super) fn router(vendor: Vendor) -> Router {
    let root = &admit::root();
    Router::new()
        .route(root, get(accounts))
        .route(&format!("{root}/{{account}}/items"), get(items))
        .route(&format!("{root}/{{account}}/items/{{item}}"), get(item).post(set_item))
        .fallback(|| async { Refusal::missing("path") })
        .layer(from_fn_with_state(vendor.clone(), admit::admit))
        .with_state(vendor)
}

/// The parameters of a listing. One that is not known is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    limit: usize,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

/// Of a path without parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    status: String,
}

type Answer = Result<Json<Value>, Refusal>;

async fn accounts(State(vendor): State<Vendor>, uri: Uri) -> Answer {
    let asked: Listing = parameters(&uri)?;
    let (rows, _, next) = page(vendor.world().seen(), &asked)?;
    Ok(Json(json!({ "accounts": rows, "next": next })))
}

async fn items(State(vendor): State<Vendor>, Path(account): Path<String>, uri: Uri) -> Answer {
    let asked: Listing = parameters(&uri)?;
    let wanted = match asked.status.as_deref() {
        None => None,
        Some("active") => Some("active"),
        Some("paused") => Some("paused"),
        Some(other) => return Err(Refusal::bad(format!("There is no status {other}."))),
    };
    let mut world = vendor.world();
    let items = &world.reach(&account)?.items;
    let rows = items.iter().filter(|item| wanted.is_none_or(|status| item.status == status));
    let (rows, total, next) = page(rows.map(|item| item.to_json()).collect(), &asked)?;
    Ok(Json(json!({ "items": rows, "total": total, "next": next })))
}

async fn item(State(vendor): State<Vendor>, Path((account, item)): Path<(String, String)>, uri: Uri) -> Answer {
    let Nothing {} = parameters(&uri)?;
    Ok(Json(vendor.world().reach(&account)?.item(&item)?.to_json()))
}

async fn set_item(
    State(vendor): State<Vendor>,
    Path((account, item)): Path<(String, String)>,
    uri: Uri,
    change: Result<Json<Change>, JsonRejection>,
) -> Answer {
    let Nothing {} = parameters(&uri)?;
    let Json(change) = change.map_err(|rejection| Refusal::bad(rejection.body_text()))?;
    let status = match change.status.as_str() {
        "active" => "active",
        "paused" => "paused",
        other => return Err(Refusal::bad(format!("There is no status {other}."))),
    };
    let mut world = vendor.world();
    let item = world.reach(&account)?.item(&item)?;
    item.status = status;
    Ok(Json(item.to_json()))
}

fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refusal> {
    let Query(asked) = Query::try_from_uri(uri).map_err(|rejection| Refusal::bad(rejection.body_text()))?;
    Ok(asked)
}

/// The rows of a page, how many there are in all, and where the next page begins.
fn page(rows: Vec<Value>, asked: &Listing) -> Result<(Vec<Value>, usize, Option<String>), Refusal> {
    if !(1..=LARGEST_PAGE).contains(&asked.limit) {
        return Err(Refusal::bad(format!("limit must be 1 to {LARGEST_PAGE}.")));
    }
    let total = rows.len();
    let start = match asked.cursor.as_deref() {
        None => 0,
        Some(cursor) => place(cursor).filter(|at| *at < total).ok_or_else(|| Refusal::bad("cursor is not valid."))?,
    };
    let shown: Vec<Value> = rows.into_iter().skip(start).take(asked.limit).collect();
    let end = start + shown.len();
    Ok((shown, total, (end < total).then(|| format!("after-{end}"))))
}

fn place(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("after-")?.parse().ok()
}
