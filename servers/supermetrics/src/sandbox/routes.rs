//! The paths of the simulated Supermetrics.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use turnpike_sdk::read_minted;

use super::{
    KEY, Supermetrics, VERSION,
    fault::key_invalid,
    refusal::{REQUEST_ID, Refusal},
    world::{Account, LOGINS, Source},
};

pub(super) fn router(supermetrics: Supermetrics) -> Router {
    Router::new()
        .route("/me", get(me))
        .route(&format!("/{VERSION}/ds/logins"), get(logins))
        .route(&format!("/{VERSION}/query/accounts"), get(accounts))
        .route(&format!("/{VERSION}/query/fields"), get(fields))
        .route(&format!("/{VERSION}/query/data/json"), get(query_by_get).post(query_by_post))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .with_state(supermetrics)
}

/// The parameter that every reading path takes.
#[derive(Deserialize)]
struct InUrl {
    json: Option<String>,
}

#[derive(Deserialize)]
struct OfSource {
    ds_id: String,
}

async fn me(headers: HeaderMap) -> Response {
    answer(identify(&headers).map(|_| json!({ "user_id": "sandbox", "team_id": 1 })))
}

async fn logins(headers: HeaderMap) -> Response {
    let lines = LOGINS.iter().map(|login| {
        let name = Source::find(login.source).map_or("", |source| source.name);
        json!({
            "@type": "ds_login", "login_id": login.id, "login_type": "oauth", "username": login.username,
            "display_name": login.username, "ds_info": { "@type": "ds", "ds_id": login.source, "name": name },
            "auth_time": "2026-01-02T03:04:05Z", "expiry_time": null,
            "revoked_time": login.revoked.then_some("2026-06-01T00:00:00Z"),
            "is_refreshable": true, "is_shared": true,
        })
    });
    answer(identify(&headers).map(|_| Value::from_iter(lines)))
}

async fn accounts(headers: HeaderMap, Query(url): Query<InUrl>) -> Response {
    let found = || {
        identify(&headers)?;
        let source = source(&url)?;
        let lines = LOGINS.iter().filter(|login| login.source == source.id && !login.revoked).map(|login| {
            let accounts = login
                .accounts
                .iter()
                .filter_map(|id| Account::find(source.id, id))
                .map(|account| json!({ "account_id": account.id, "account_name": account.name, "group_name": "" }));
            json!({
                "ds_user": login.username, "display_name": login.username, "cache_time": null,
                "accounts": accounts.collect::<Vec<_>>(),
            })
        });
        Ok(Value::from_iter(lines))
    };
    answer(found())
}

async fn fields(headers: HeaderMap, Query(url): Query<InUrl>) -> Response {
    let found = || {
        identify(&headers)?;
        let lines = source(&url)?.fields.iter().map(|field| {
            json!({
                "field_id": field.id, "field_name": field.name, "group_name": field.group, "description": "",
                "field_type": if field.is.is_metric() { "met" } else { "dim" }, "data_type": field.is.data_type(),
            })
        });
        Ok(Value::from_iter(lines))
    };
    answer(found())
}

async fn query_by_get(State(own): State<Supermetrics>, headers: HeaderMap, Query(url): Query<InUrl>) -> Response {
    let text = url.json.unwrap_or_default();
    own.asked(&headers, text.as_bytes()).unwrap_or_else(IntoResponse::into_response)
}

async fn query_by_post(State(own): State<Supermetrics>, headers: HeaderMap, body: Bytes) -> Response {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !said.starts_with("application/json") {
        return Refusal::bad("The body must be JSON.").into_response();
    }
    own.asked(&headers, &body).unwrap_or_else(IntoResponse::into_response)
}

impl Supermetrics {
    fn asked(&self, headers: &HeaderMap, json: &[u8]) -> Result<Response, Refusal> {
        if identify(headers)? == Standing::Expired {
            return Err(Refusal::licence("LICENSE_EXPIRED", "Your license has expired."));
        }
        self.query(&parse(json)?)
    }
}

fn source(url: &InUrl) -> Result<&'static Source, Refusal> {
    let asked: OfSource = parse(url.json.as_deref().unwrap_or_default().as_bytes())?;
    let source = Source::find(&asked.ds_id).ok_or_else(|| Refusal::bad("Unknown data source."))?;
    match source.licensed {
        true => Ok(source),
        false => Err(Refusal::licence("LICENSE_ACCESS_DATA_SOURCE", "Your license does not include this data source.")),
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(|error| Refusal::bad(format!("Invalid JSON: {error}")))
}

#[derive(PartialEq, Eq)]
enum Standing {
    Good,
    /// The key is good, its licence is not.
    Expired,
}

/// Whose key it is. It may stand bare or after `Bearer`; never in the URL or the body, where real ones would be logged.
fn identify(headers: &HeaderMap) -> Result<Standing, Refusal> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let forbidden = |code, description| Refusal::new(StatusCode::FORBIDDEN, code, "Access denied", description);
    match given.strip_prefix("Bearer ").unwrap_or(given) {
        "" => Err(Refusal::new(StatusCode::UNAUTHORIZED, "API_KEY_REQUIRED", "API key required", "")),
        KEY => Ok(Standing::Good),
        minted if read_minted(KEY, minted).is_some() => Ok(Standing::Good),
        "api_sandbox_expired" => Ok(Standing::Expired),
        "api_sandbox_disabled" => Err(forbidden("API_KEY_DISABLED", "The API key has been disabled.")),
        "api_sandbox_elsewhere" => Err(forbidden("ACCESS_DENIED_IP", "The IP address is not allowed for this key.")),
        _ => Err(key_invalid()),
    }
}

fn answer(done: Result<Value, Refusal>) -> Response {
    match done {
        Ok(data) => Json(json!({ "meta": { "request_id": REQUEST_ID }, "data": data })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
