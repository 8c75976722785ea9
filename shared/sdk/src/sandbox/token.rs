//! A strict OAuth 2 authorization server, shared by the sandboxes of the OAuth shapes: its token and revocation endpoints.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use turnpike_core::Ambient;

use super::{
    asked,
    grants::{Grants, Proof, Refused, Rules, TokenStanding},
};
use crate::{TokenRequest, TokenStyle};

/// The client that the server knows, and the grant that it has from the start.
#[derive(Clone, Debug)]
pub struct Grant {
    /// OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The first grant's refresh token. Those of later grants begin with it.
    pub refresh_token: String,
    /// The granted scopes, as the answer names them.
    pub scope: String,
    /// What access tokens begin with, as the vendor's do.
    pub access_prefix: &'static str,
}

/// Something that a person chooses between when granting access: its value, and its words.
pub type Choice = (&'static str, &'static str);

/// The server. Clones share their state.
#[derive(Clone)]
pub struct TokenEndpoint {
    ambient: Ambient,
    pub(super) client: Arc<Grant>,
    pub(super) choices: &'static [Choice],
    redirects: Arc<Mutex<Vec<String>>>,
    grants: Arc<Mutex<Grants>>,
}

impl TokenEndpoint {
    /// Knows one grant; access tokens live an hour and refresh tokens are not rotated.
    pub fn new(ambient: Ambient, grant: Grant) -> Self {
        let life = Duration::from_secs(3599);
        let rules = Rules { life, ..Rules::default() };
        let grants = Arc::new(Mutex::new(Grants::new(rules, &grant.refresh_token)));
        Self { ambient, client: Arc::new(grant), choices: &[], redirects: Arc::default(), grants }
    }

    /// Who grants access chooses one of these; the first is for those who do not care.
    #[must_use]
    pub fn with_choices(self, choices: &'static [Choice]) -> Self {
        Self { choices, ..self }
    }

    /// Lets the client be answered at this address, and at no other that was not named so.
    pub fn register_redirect(&self, redirect_uri: impl Into<String>) {
        self.redirects.lock().unwrap_or_else(PoisonError::into_inner).push(redirect_uri.into());
    }

    /// From now on each refresh gives a new refresh token, and using an old one ends the grant.
    pub fn rotate(&self) {
        self.grants().rules.rotating = true;
    }

    /// Whoever asks with the first grant's refresh token begins a grant of their own, and the token stays good: it is fixed, and
    /// several may connect with it.
    pub fn share_first(&self) {
        self.grants().rules.first_is_shared = true;
    }

    /// How long access tokens given from now on live.
    pub fn set_life(&self, life: Duration) {
        self.grants().rules.life = life;
    }

    /// Answers do not tell how long access tokens live.
    pub fn leave_life_untold(&self) {
        self.grants().rules.told = false;
    }

    /// Grants end so long after they were given, however often they are refreshed; the first one was given now.
    pub fn set_grant_life(&self, life: Duration) {
        self.grants().set_grant_life(life, self.ambient.now());
    }

    /// How long an access token given from now on is not known everywhere yet.
    pub fn set_settling(&self, settling: Duration) {
        self.grants().rules.settling = settling;
    }

    /// Ends every access token given so far.
    pub fn expire_all(&self) {
        self.grants().end_all_access(self.ambient.now());
    }

    /// Takes every grant back.
    pub fn revoke(&self) {
        self.grants().take_all_back();
    }

    /// How often a refresh succeeded.
    pub fn refreshes(&self) -> u64 {
        self.grants().refreshes
    }

    /// Whether a grant was taken back.
    pub fn is_revoked(&self) -> bool {
        self.grants().is_any_revoked()
    }

    /// What the access token in the `Authorization` header is worth; `Ended` where there is none.
    pub fn standing(&self, headers: &HeaderMap) -> TokenStanding {
        bearer(headers)
            .map_or(TokenStanding::Ended, |token| self.grants().standing(&self.client, token, self.ambient.now()))
    }

    /// What the person chose who gave the grant of the access token in the header; empty where nothing was chosen.
    pub fn choice(&self, headers: &HeaderMap) -> String {
        bearer(headers).map_or_else(String::new, |token| self.grants().choice(&self.client, token).to_owned())
    }

    pub(super) fn is_registered(&self, redirect_uri: &str) -> bool {
        let redirects = self.redirects.lock().unwrap_or_else(PoisonError::into_inner);
        redirects.iter().any(|registered| registered == redirect_uri)
    }

    pub(super) fn give_code(&self, redirect_uri: &str, proof: Proof, choice: &str) -> String {
        self.grants().give_code(&self.ambient, redirect_uri, proof, choice)
    }

    pub(super) fn router(self, token_path: &str, revoke_path: &str, style: TokenStyle) -> Router {
        let router = Router::new().route(token_path, post(exchange));
        let router = if revoke_path.is_empty() { router } else { router.route(revoke_path, post(revoke)) };
        router.with_state(Server { endpoint: self, style })
    }

    fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_client(&self, form: &HashMap<String, String>) -> Result<(), Refused> {
        let is = |name: &str, own: &str| form.get(name).is_some_and(|given| given == own);
        match is("client_id", &self.client.client_id) && is("client_secret", &self.client.client_secret) {
            true => Ok(()),
            false => Err((StatusCode::UNAUTHORIZED, "invalid_client", "The OAuth client was not found.")),
        }
    }

    fn give(&self, form: &HashMap<String, String>) -> Result<Value, Refused> {
        let field = |name: &str| form.get(name).map(String::as_str);
        self.check_client(form)?;
        match field("grant_type") {
            Some("authorization_code") => self.grants().redeem(&self.ambient, &self.client, form),
            Some("refresh_token") => {
                let given = field("refresh_token").unwrap_or_default();
                self.grants().refresh(&self.ambient, &self.client, given)
            }
            _ => Err((StatusCode::BAD_REQUEST, "unsupported_grant_type", "Invalid grant_type.")),
        }
    }
}

/// The server as its routes share it.
#[derive(Clone)]
struct Server {
    endpoint: TokenEndpoint,
    style: TokenStyle,
}

async fn exchange(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    match asked::read(server.style, &headers, &body).and_then(|form| server.endpoint.give(&form)) {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(refused) => refusal(refused),
    }
}

/// RFC 7009, as Google has it: the token alone, and an error for one that is not known. With HTTP Basic the client too.
async fn revoke(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let Server { endpoint, style } = server;
    let token = asked::read(style, &headers, &body).and_then(|mut form| {
        if style.request == TokenRequest::BasicJson {
            endpoint.check_client(&form)?;
            form.retain(|name, _| !name.starts_with("client_"));
        }
        let token = form.remove("token").filter(|_| form.is_empty());
        token.ok_or((StatusCode::BAD_REQUEST, "invalid_request", "The body must hold a token, and nothing else."))
    });
    match token {
        Ok(token) if endpoint.grants().take_back(&endpoint.ambient, &endpoint.client, &token) => {
            Json(json!({})).into_response()
        }
        Ok(_) => refusal((StatusCode::BAD_REQUEST, "invalid_token", "Token expired or revoked")),
        Err(refused) => refusal(refused),
    }
}

fn refusal((status, error, description): Refused) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
