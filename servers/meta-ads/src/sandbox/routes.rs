//! The paths of the simulated Meta.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;

use super::{
    Meta, activities,
    edges::{self, Kind},
    fault, insights, node,
    params::Params,
    refusal::Refusal,
    update,
    usage::{self, Reading},
};
use crate::manifest::MANIFEST;

/// What is older is answered as the next version at Meta, without a word; here it is refused.
const VERSION: &str = MANIFEST.version.version;

pub(super) fn router(meta: Meta) -> Router {
    Router::new().fallback(handle).with_state(meta)
}

async fn handle(State(meta): State<Meta>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 16 << 20).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let mut reading = None;
    let mut response = match meta.answer(&parts, &body, &mut reading) {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    usage::tell_of_app(&mut response);
    if let Some(reading) = reading {
        let kind = if parts.uri.path().ends_with("/insights") { "ads_insights" } else { "ads_management" };
        Reading::tell(reading, kind, &mut response);
    }
    response
}

impl Meta {
    fn answer(&self, parts: &Parts, body: &Bytes, reading: &mut Option<Reading>) -> Result<Value, Refusal> {
        let query = Params::read(parts.uri.query().unwrap_or_default())?;
        let form = form(parts, body)?;
        match (&parts.method, parts.uri.path()) {
            (&Method::POST, "/oauth/access_token") => return self.tokens.exchange(form),
            (&Method::POST, "/") => return self.tokens.debug(form),
            _ => {}
        }
        let mut params = query.and(form);
        let token = self.tokens.admit(&parts.headers, &mut params)?;
        let path = parts.uri.path();
        let Some((VERSION, rest)) = path.trim_start_matches('/').split_once('/') else {
            return Err(fault::version_dead());
        };
        self.route(&parts.method, (path, &token), rest, params, reading)
    }

    fn route(
        &self,
        method: &Method,
        at: (&str, &str),
        rest: &str,
        mut params: Params,
        reading: &mut Option<Reading>,
    ) -> Result<Value, Refusal> {
        let now = self.ambient.now();
        let mut world = self.world();
        let parts: Vec<&str> = rest.split('/').collect();
        if let [act, ..] = parts[..]
            && act.starts_with("act_")
        {
            let account = world.reach(act)?;
            *reading = Some(account.meter.count(account.id, now)?);
        }
        match (method, &parts[..]) {
            (&Method::GET, ["me", "adaccounts"]) => {
                let (fields, rows) = (params.take_fields()?, world.ours().collect());
                edges::page(rows, params, at, |account| edges::project(account.to_json(), &fields, "AdAccount"))
            }
            (&Method::GET, [act, "insights"]) if act.starts_with("act_") => {
                let rows = insights::at_once(world.reach(act)?, &mut params, now)?;
                edges::page(rows, params, at, Ok)
            }
            (&Method::POST, [act, "insights"]) if act.starts_with("act_") => {
                insights::start(&mut world, act, params, now)
            }
            (&Method::GET, [act, "activities"]) => {
                let rows = activities::list(world.reach(act)?, &mut params)?;
                edges::page(rows, params, at, Ok)
            }
            (&Method::GET, [act, edge]) if let Some(kind) = Kind::of_edge(edge) => {
                let (fields, account) = (params.take_fields()?, &*world.reach(act)?);
                let rows = edges::list(account, kind, &mut params)?;
                edges::page(rows, params, at, |thing| account.show(thing, &fields))
            }
            (&Method::GET, [run, "insights"]) => {
                let report = world.reports.get(*run).ok_or_else(|| Refusal::missing("get", run))?;
                edges::page(insights::rows(report)?, params, at, Ok)
            }
            (&Method::GET, [""]) => node::several(&mut world, &mut params),
            (&Method::GET, [id]) => match world.reports.get_mut(*id) {
                Some(report) => insights::look(report, id, &mut params),
                None => node::one(&mut world, id, &mut params),
            },
            (&Method::POST, [id]) => update::one(&mut world, id, params, now),
            (method, [id, ..]) => Err(Refusal::missing(&method.as_str().to_lowercase(), id)),
            (_, []) => Err(fault::version_dead()),
        }
    }
}

/// The parameters in a body.
fn form(parts: &Parts, body: &Bytes) -> Result<Params, Refusal> {
    if body.is_empty() {
        return Params::read("");
    }
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match std::str::from_utf8(body) {
        Ok(text) if kind.starts_with("application/x-www-form-urlencoded") => Params::read(text),
        _ => Err(Refusal::param("The body must be form-encoded")),
    }
}
