//! The app, its system user's tokens, and where they are looked at and exchanged.
//!
//! The kit talks to a vendor of this shape as to Meta's Graph API: a token is described by `debug_token` in a batch at `/`, one
//! that has an end is exchanged at the token URL, and each request carries `appsecret_proof`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Digest, Timestamp};
use turnpike_sdk::{mint, read_minted};

use super::refusal::Refusal;

pub(super) const APP_ID: &str = "1380000000000001";
pub(super) const APP_SECRET: &str = "sandbox-app-secret";
/// The token of the sandbox's connection.
pub(super) const WITHOUT_END: &str = "sandbox-system-user-token";
/// Ends 60 days after the start, and can be exchanged until then.
const SIXTY_DAYS: &str = "sandbox-system-user-sixty-days";
const LIFE: Duration = Duration::from_secs(60 * 24 * 3600);

/// What the app's tokens are good for. Clones share their state.
#[derive(Clone)]
pub(super) struct Tokens {
    ambient: Ambient,
    /// Those that have an end.
    ends: Arc<Mutex<HashMap<String, Timestamp>>>,
}

pub(super) fn router(tokens: Tokens) -> Router {
    Router::new().route("/", post(debug)).route("/oauth/access_token", post(exchange)).with_state(tokens)
}

impl Tokens {
    pub(super) fn new(ambient: Ambient) -> Self {
        let end = ambient.now().plus(LIFE);
        Self { ambient, ends: Arc::new(Mutex::new(HashMap::from([(SIXTY_DAYS.to_owned(), end)]))) }
    }

    /// Another token without an end.
    pub(super) fn make(&self) -> String {
        mint(&self.ambient, WITHOUT_END, "")
    }

    /// Refuses a token that is not known or has ended, and a proof that is not its.
    pub(super) fn check(&self, token: &str, proof: &str) -> Result<(), Refusal> {
        match self.find(token) {
            None => Err(Refusal::revoked()),
            Some(Some(end)) if end <= self.ambient.now() => Err(Refusal::expired()),
            Some(_) if Digest::hmac(APP_SECRET.as_bytes(), token.as_bytes()).to_string() != proof => {
                Err(Refusal::bad("appsecret_proof is missing or is not the token's."))
            }
            Some(_) => Ok(()),
        }
    }

    /// The end of a known token, if it has one.
    fn find(&self, token: &str) -> Option<Option<Timestamp>> {
        let lasting = token == WITHOUT_END || read_minted(WITHOUT_END, token).is_some();
        if lasting { Some(None) } else { self.ends().get(token).copied().map(Some) }
    }

    fn describe(&self, token: &str) -> Value {
        let Some(end) = self.find(token) else {
            let error = json!({ "code": 190, "message": "The token is not known.", "subcode": 467 });
            return json!({ "error": error, "is_valid": false, "scopes": [] });
        };
        json!({
            "app_id": APP_ID, "type": "SYSTEM_USER", "scopes": ["items_read", "items_write"],
            "expires_at": end.map_or(0, |end| end.micros() / 1_000_000),
            "is_valid": end.is_none_or(|end| end > self.ambient.now()),
        })
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Fields = Form<HashMap<String, String>>;

/// `debug_token`, in a batch of one: whether a token is good, and until when.
async fn debug(State(tokens): State<Tokens>, Form(form): Fields) -> Response {
    if form.get("access_token").map(String::as_str) != Some(&format!("{APP_ID}|{APP_SECRET}")) {
        return no(101, "The app id or the app secret is wrong.");
    }
    let batch: Option<Value> = form.get("batch").and_then(|batch| serde_json::from_str(batch).ok());
    let url = batch.as_ref().and_then(|batch| batch[0]["relative_url"].as_str()).unwrap_or_default();
    let Some(token) = url.strip_prefix("debug_token?input_token=") else {
        return no(100, "Only debug_token is taken in a batch.");
    };
    let body = json!({ "data": tokens.describe(token) });
    Json(json!([{ "code": 200, "body": body.to_string() }])).into_response()
}

/// A token that lives for one that ends later.
async fn exchange(State(tokens): State<Tokens>, Form(form): Fields) -> Response {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if (field("client_id"), field("client_secret")) != (APP_ID, APP_SECRET) {
        return no(101, "The app id or the app secret is wrong.");
    }
    if field("grant_type") != "fb_exchange_token" {
        return no(100, "The grant type is not known.");
    }
    let now = tokens.ambient.now();
    match tokens.find(field("fb_exchange_token")) {
        Some(end) if end.is_none_or(|end| end > now) => {
            let fresh = mint(&tokens.ambient, SIXTY_DAYS, "");
            tokens.ends().insert(fresh.clone(), now.plus(LIFE));
            Json(json!({ "access_token": fresh, "token_type": "bearer", "expires_in": LIFE.as_secs() })).into_response()
        }
        _ => no(190, "The token has ended."),
    }
}

fn no(code: u32, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}
