//! Scripted faults in Google's words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

/// The answer that Google gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    refusal(behaviour).into_response()
}

fn refusal(behaviour: Behaviour) -> Refusal {
    match behaviour {
        Behaviour::ExpiredToken => expired(),
        Behaviour::Revoked => revoked(),
        Behaviour::Permission => permission(),
        Behaviour::QuotaDaily { seconds } => exhausted("RESOURCE_EXHAUSTED", seconds).quota(
            "DEVELOPER",
            "Number of operations for basic access",
            seconds,
        ),
        Behaviour::Storm { seconds } => exhausted("RESOURCE_TEMPORARILY_EXHAUSTED", seconds).quota(
            "ACCOUNT",
            "Requests per second per customer",
            seconds,
        ),
        Behaviour::VersionDead => version_dead(),
        // The script acts these out itself.
        Behaviour::Slow { .. }
        | Behaviour::SlowFailure { .. }
        | Behaviour::ActThenFail
        | Behaviour::Reset
        | Behaviour::Html500
        | Behaviour::Garbage
        | Behaviour::Status { .. } => Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internalError",
            "INTERNAL_ERROR",
            "An internal error has occurred.",
        ),
    }
}

fn exhausted(code: &'static str, seconds: u64) -> Refusal {
    let message = format!("Too many requests. Retry in {seconds} seconds.");
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "quotaError", code, message)
}

/// The access token is spent.
pub(super) fn expired() -> Refusal {
    let message = "OAuth token in the header is expired.";
    Refusal::new(StatusCode::UNAUTHORIZED, "authenticationError", "OAUTH_TOKEN_EXPIRED", message)
}

/// The grant was taken back.
pub(super) fn revoked() -> Refusal {
    let message = "OAuth token in the header has been revoked.";
    Refusal::new(StatusCode::UNAUTHORIZED, "authenticationError", "OAUTH_TOKEN_REVOKED", message)
}

/// The account is not reached, or not in this way.
pub(super) fn permission() -> Refusal {
    let message = "User doesn't have permission to access customer. Note: If you're accessing a client customer, the \
        manager's customer id must be set in the 'login-customer-id' header. See \
        https://developers.google.com/google-ads/api/docs/concepts/call-structure#cid";
    Refusal::new(StatusCode::FORBIDDEN, "authorizationError", "USER_PERMISSION_DENIED", message)
}

/// The version is served no longer.
pub(super) fn version_dead() -> Refusal {
    Refusal::bad("requestError", "UNSUPPORTED_VERSION", "This version of the API is no longer supported.")
}

/// The account was cancelled.
pub(super) fn not_enabled() -> Refusal {
    let message = "The customer account can't be accessed because it is not yet enabled or has been deactivated.";
    Refusal::new(StatusCode::FORBIDDEN, "authorizationError", "CUSTOMER_NOT_ENABLED", message)
}
