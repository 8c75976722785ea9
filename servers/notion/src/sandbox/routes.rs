//! The paths of the simulated Notion.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Notion, comments, listing, query, read, refusal::Refusal, update};
use crate::id::uuid;

/// The largest body.
const LARGEST: usize = 500_000;

pub(super) fn router(notion: Notion) -> Router {
    Router::new().fallback(handle).with_state(notion)
}

async fn handle(State(notion): State<Notion>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return Refusal::invalid("The request body exceeds the maximum size of 500 KB.").into_response();
    };
    let done = notion.admit(&parts.headers).and_then(|choice| {
        let call = Call { headers: &parts.headers, query: parts.uri.query().unwrap_or_default(), body };
        notion.answer(&choice, &parts.method, parts.uri.path(), &call)
    });
    match done {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// What came with a request besides its path.
pub(super) struct Call<'a> {
    headers: &'a HeaderMap,
    query: &'a str,
    body: Bytes,
}

impl Notion {
    fn answer(&self, choice: &str, method: &Method, path: &str, call: &Call<'_>) -> Result<Value, Refusal> {
        let mut world = self.world();
        let space = world.space(choice);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, &parts[..]) {
            (&Method::GET, ["v1", "users", "me"]) => call.plain().map(|()| space.me()),
            (&Method::POST, ["v1", "search"]) => listing::search(space, call.json()?),
            (&Method::GET, ["v1", "pages", id]) => call.plain().and_then(|()| read::page(space, &in_path(id)?)),
            (&Method::PATCH, ["v1", "pages", id]) => {
                update::page(space, &in_path(id)?, call.json()?, self.ambient.now())
            }
            (&Method::GET, ["v1", "pages", id, "markdown"]) => {
                call.plain().and_then(|()| read::markdown(space, &in_path(id)?))
            }
            (&Method::GET, ["v1", "databases", id]) => call.plain().and_then(|()| read::database(space, &in_path(id)?)),
            (&Method::GET, ["v1", "data_sources", id]) => {
                call.plain().and_then(|()| read::source(space, &in_path(id)?))
            }
            (&Method::POST, ["v1", "data_sources", id, "query"]) => query::rows(space, &in_path(id)?, call.json()?),
            (&Method::GET, ["v1", "comments"]) => comments::list(space, &call.pairs()),
            (&Method::POST, ["v1", "comments"]) => comments::create(space, call.json()?, self.ambient.now()),
            _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_request_url", "Invalid request URL.")),
        }
    }
}

impl Call<'_> {
    /// The body, which must be JSON, say so, and hold no field that Notion does not know.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let said = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if said.split(';').next() != Some("application/json") || !self.query.is_empty() {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", "Error parsing JSON body."));
        }
        let value: Value = serde_json::from_slice(&self.body)
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", "Error parsing JSON body."))?;
        T::deserialize(value).map_err(|error| Refusal::invalid(format!("body failed validation: {error}.")))
    }

    /// Refuses parameters and a body where none are taken.
    fn plain(&self) -> Result<(), Refusal> {
        match self.query.is_empty() && self.body.is_empty() {
            true => Ok(()),
            false => Err(Refusal::invalid("query failed validation: no parameter is taken here.")),
        }
    }

    fn pairs(&self) -> Vec<(String, String)> {
        url_pairs(self.query)
    }
}

/// The pairs of a query. Ids, numbers and names are all that stands in them: none is escaped.
fn url_pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

fn in_path(id: &str) -> Result<String, Refusal> {
    uuid(id).ok_or_else(|| {
        Refusal::invalid(format!(
            "path failed validation: path.page_id should be a valid uuid, instead was `\"{id}\"`."
        ))
    })
}
