//! The paths of the simulated LinkedIn.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    LinkedIn, analytics,
    call::Call,
    find, members,
    refusal::{REQUEST_ID, Refusal},
    update,
    world::Kind,
};

pub(super) fn router(linkedin: LinkedIn) -> Router {
    Router::new().fallback(handle).with_state(linkedin)
}

async fn handle(State(linkedin): State<LinkedIn>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 16 << 20).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let done = linkedin.admit(&parts.method, &parts.uri, &parts.headers).and_then(|()| {
        let call = Call::read(parts.method, &parts.uri, &parts.headers, body)?;
        linkedin.answer(parts.uri.path(), call)
    });
    match done {
        Ok(Some(body)) => ([("x-li-request-id", REQUEST_ID)], Json(body)).into_response(),
        Ok(None) => (StatusCode::NO_CONTENT, [("x-li-request-id", REQUEST_ID)]).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl LinkedIn {
    /// The answer's body; an update of one entity has none.
    fn answer(&self, path: &str, call: Call) -> Result<Option<Value>, Refusal> {
        let mut world = self.world();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (call.verb.clone(), parts.as_slice()) {
            (Method::GET, ["rest", "adAccounts"]) => find::accounts(&world, call).map(Some),
            (Method::GET, ["rest", "adAccountUsers"]) => find::users(&world, call).map(Some),
            (Method::GET, ["rest", "adAccounts", account]) => find::account(&world, account, &call).map(Some),
            (Method::GET, ["rest", "adAnalytics"]) => analytics::rows(&world, call).map(Some),
            (Method::GET, ["rest", "adTargetingEntities"]) => members::entities(call).map(Some),
            (Method::GET, ["rest", "adAccounts", account, "creatives"]) => {
                find::creatives(world.reach(account, "creatives.FINDER-criteria")?, call).map(Some)
            }
            (verb, ["rest", "adAccounts", account, collection, id @ ..]) if id.len() <= 1 => {
                let kind = Kind::find(collection).ok_or_else(|| Refusal::not_found(path))?;
                let reached = world.reach(account, &format!("{collection}.FINDER-search"))?;
                match (verb, id) {
                    (Method::GET, []) if call.names("batch_get") => find::batch(reached, kind, call).map(Some),
                    (Method::GET, []) => find::search(reached, kind, call).map(Some),
                    (Method::GET, [id]) => find::one(reached, kind, id, &call).map(Some),
                    (Method::POST, []) => update::several(world.change(account)?, kind, call).map(Some),
                    (Method::POST, [id]) => update::one(world.change(account)?, kind, id, &call).map(|()| None),
                    _ => Err(not_allowed()),
                }
            }
            _ => Err(Refusal::not_found(path)),
        }
    }
}

fn not_allowed() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Method is not allowed here")
}
