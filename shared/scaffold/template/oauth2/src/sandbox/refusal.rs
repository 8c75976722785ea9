//! How the vendor says no, and scripted faults in its words.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;
use turnpike_sdk::Behaviour;

/// A refusal in the vendor's words.
// CHANGE: the vendor's error object, as its reference or a recorded answer shows it.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// Something in the request is wrong.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// There is no such thing.
    pub(super) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// It is not the caller's. Of what does not exist the same is said: nobody learns which it is.
    pub(super) fn permission() -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_permitted", "The user has no role in this account.")
    }

    /// The access token has ended, or never was.
    pub(super) fn expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_expired", "The access token has expired.")
    }

    /// The grant was taken back.
    pub(super) fn revoked() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_revoked", "Access was taken back.")
    }

    /// The version is served no longer, or never was.
    pub(super) fn version_gone() -> Self {
        Self::new(StatusCode::GONE, "version_gone", "This version of the API has ended.")
    }

    fn too_many(code: &'static str, seconds: u64) -> Self {
        let message = format!("Too many requests. Retry in {seconds} seconds.");
        Self { retry_after: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, message) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": { "code": self.code, "message": self.message } }));
        match self.retry_after {
            Some(seconds) => (self.status, [(RETRY_AFTER, seconds.to_string())], body).into_response(),
            None => (self.status, body).into_response(),
        }
    }
}

/// What the vendor answers in such a case. `errors.rs` gives each its class, and the certification tests hold one against
/// the other.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    let refusal = match behaviour {
        Behaviour::ExpiredToken => Refusal::expired(),
        Behaviour::Revoked => Refusal::revoked(),
        Behaviour::Permission => Refusal::permission(),
        Behaviour::QuotaDaily { seconds } => Refusal::too_many("daily_quota", seconds),
        Behaviour::Storm { seconds } => Refusal::too_many("too_fast", seconds),
        Behaviour::VersionDead => Refusal::version_gone(),
        // The script acts out the others itself.
        _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong."),
    };
    refusal.into_response()
}
