//! Scripted faults in Supermetrics' words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

/// The answer that Supermetrics gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    match behaviour {
        Behaviour::ExpiredToken => Refusal::new(
            StatusCode::UNAUTHORIZED,
            "ACCESS_TOKEN_EXPIRED",
            "Expired Access Token",
            "Provided access token is expired.",
        )
        .into_response(),
        Behaviour::Revoked => key_invalid().into_response(),
        Behaviour::Permission => Refusal::new(
            StatusCode::FORBIDDEN,
            "ACCESS_DENIED_PERMISSIONS",
            "Access denied",
            "The key's permissions do not include this.",
        )
        .into_response(),
        // The quota of the data source, passed on.
        Behaviour::QuotaDaily { seconds } => {
            too_many("The data source's API quota for this account is used up.").retry_after(seconds).into_response()
        }
        Behaviour::Storm { seconds } => too_many("Retry later.").retry_after(seconds).into_response(),
        // No end of a version has been announced; a path that is gone would say this.
        Behaviour::VersionDead => StatusCode::NOT_FOUND.into_response(),
        // The script acts these out itself.
        Behaviour::Slow { .. }
        | Behaviour::SlowFailure { .. }
        | Behaviour::Reset
        | Behaviour::ActThenFail
        | Behaviour::Html500
        | Behaviour::Garbage
        | Behaviour::Status { .. } => {
            let (code, message) = ("INTERNAL_SERVER_ERROR", "Internal server error");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, code, message, "").into_response()
        }
    }
}

fn too_many(description: &str) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Rate limit exceeded", description)
}

/// No such key.
pub(super) fn key_invalid() -> Refusal {
    let description = "The given API key was not found.";
    Refusal::new(StatusCode::UNAUTHORIZED, "API_KEY_INVALID", "Invalid API key", description)
}
