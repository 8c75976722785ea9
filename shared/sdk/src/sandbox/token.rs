//! A strict OAuth 2 token endpoint, shared by the sandboxes of the OAuth shapes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Form, Json, Router,
    extract::{State, rejection::FormRejection},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL},
    },
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Timestamp};

/// The client and the grant that the endpoint knows from the start.
#[derive(Clone, Debug)]
pub struct Grant {
    /// OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The grant's refresh token.
    pub refresh_token: String,
    /// The granted scopes, as the answer names them.
    pub scope: String,
    /// What access tokens begin with, as the vendor's do.
    pub access_prefix: &'static str,
}

struct Inner {
    refresh_token: String,
    spent: Vec<String>,
    revoked: bool,
    rotating: bool,
    life: Duration,
    /// The grant's own end, where it has one.
    ends: Option<Timestamp>,
    /// How long a new access token is not known everywhere yet.
    settling: Duration,
    access: HashMap<String, Access>,
    refreshes: u64,
}

#[derive(Clone, Copy)]
struct Access {
    issued: Timestamp,
    end: Timestamp,
}

/// The endpoint. Clones share their state.
#[derive(Clone)]
pub struct TokenEndpoint {
    ambient: Ambient,
    grant: Arc<Grant>,
    inner: Arc<Mutex<Inner>>,
}

impl TokenEndpoint {
    /// Knows one grant; access tokens live an hour and the refresh token is not rotated.
    pub fn new(ambient: Ambient, grant: Grant) -> Self {
        let inner = Inner {
            refresh_token: grant.refresh_token.clone(),
            spent: vec![],
            revoked: false,
            rotating: false,
            life: Duration::from_secs(3599),
            ends: None,
            settling: Duration::ZERO,
            access: HashMap::new(),
            refreshes: 0,
        };
        Self { ambient, grant: Arc::new(grant), inner: Arc::new(Mutex::new(inner)) }
    }

    /// From now on each refresh gives a new refresh token, and using an old one ends the grant.
    pub fn rotate(&self) {
        self.lock().rotating = true;
    }

    /// How long access tokens given from now on live.
    pub fn set_life(&self, life: Duration) {
        self.lock().life = life;
    }

    /// The grant ends at `end` however often it is refreshed. As LinkedIn does, answers give the refresh token again, say
    /// how long it has left, and do not name the token type.
    pub fn set_end(&self, end: Timestamp) {
        self.lock().ends = Some(end);
    }

    /// How long an access token given from now on is not known everywhere yet.
    pub fn set_settling(&self, settling: Duration) {
        self.lock().settling = settling;
    }

    /// Whether the `Authorization` header holds a living access token that is not known everywhere yet.
    pub fn is_settling(&self, headers: &HeaderMap) -> bool {
        let now = self.ambient.now();
        let settling = self.lock().settling;
        self.find_access(headers).is_some_and(|access| now < access.issued.plus(settling))
    }

    /// Ends every access token given so far.
    pub fn expire_all(&self) {
        self.lock().access.clear();
    }

    /// Takes the grant back.
    pub fn revoke(&self) {
        let mut inner = self.lock();
        inner.revoked = true;
        inner.access.clear();
    }

    /// How often a refresh succeeded.
    pub fn refreshes(&self) -> u64 {
        self.lock().refreshes
    }

    /// Whether the `Authorization` header holds a living access token.
    pub fn accepts(&self, headers: &HeaderMap) -> bool {
        self.find_access(headers).is_some()
    }

    /// Whether the grant was taken back.
    pub fn is_revoked(&self) -> bool {
        self.lock().revoked
    }

    pub(super) fn router(self, path: &str) -> Router {
        Router::new().route(path, post(exchange)).with_state(self)
    }

    /// The living access token in the header.
    fn find_access(&self, headers: &HeaderMap) -> Option<Access> {
        let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.lock().access.get(token).copied().filter(|access| access.end > self.ambient.now())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refresh(&self, form: &HashMap<String, String>) -> Result<Value, (StatusCode, &'static str, &'static str)> {
        let field = |name: &str| form.get(name).map(String::as_str);
        if field("client_id") != Some(&self.grant.client_id)
            || field("client_secret") != Some(&self.grant.client_secret)
        {
            return Err((StatusCode::UNAUTHORIZED, "invalid_client", "The OAuth client was not found."));
        }
        if field("grant_type") != Some("refresh_token") {
            return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type", "Invalid grant_type."));
        }
        let mut inner = self.lock();
        let given = field("refresh_token").unwrap_or_default();
        if inner.spent.iter().any(|spent| spent == given) {
            inner.revoked = true;
            inner.access.clear();
        }
        let issued = self.ambient.now();
        let over = inner.ends.is_some_and(|end| end <= issued);
        if inner.revoked || over || given != inner.refresh_token {
            return Err((StatusCode::BAD_REQUEST, "invalid_grant", "Token has been expired or revoked."));
        }
        inner.refreshes += 1;
        let access = format!("{}{}", self.grant.access_prefix, hex(&self.ambient.bytes::<20>()));
        let left = inner.ends.map(|end| end.since(issued));
        let life = left.unwrap_or(inner.life).min(inner.life);
        inner.access.insert(access.clone(), Access { issued, end: issued.plus(life) });
        let mut answer = json!({
            "access_token": access, "expires_in": life.as_secs(), "scope": self.grant.scope,
        });
        match left {
            None => answer["token_type"] = "Bearer".into(),
            Some(left) => {
                answer["refresh_token"] = inner.refresh_token.clone().into();
                answer["refresh_token_expires_in"] = left.as_secs().into();
            }
        }
        if inner.rotating {
            let fresh = format!("{}-{}", self.grant.refresh_token, inner.refreshes);
            let spent = std::mem::replace(&mut inner.refresh_token, fresh.clone());
            inner.spent.push(spent);
            answer["refresh_token"] = fresh.into();
        }
        Ok(answer)
    }
}

async fn exchange(
    State(endpoint): State<TokenEndpoint>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    let refused = |status: StatusCode, error: &str, description: &str| {
        (status, Json(json!({ "error": error, "error_description": description }))).into_response()
    };
    let Ok(Form(form)) = form else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request", "The body must be form-encoded.");
    };
    match endpoint.refresh(&form) {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err((status, error, description)) => refused(status, error, description),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
