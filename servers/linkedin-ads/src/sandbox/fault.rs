//! Scripted faults in LinkedIn's words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

/// The answer that LinkedIn gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    refusal(behaviour).into_response()
}

fn refusal(behaviour: Behaviour) -> Refusal {
    match behaviour {
        Behaviour::ExpiredToken => expired(),
        Behaviour::Revoked => revoked(),
        Behaviour::Permission => Refusal::denied("adAnalytics.FINDER-analytics"),
        // LinkedIn tells nowhere until when: it is midnight UTC.
        Behaviour::QuotaDaily { .. } => Refusal::throttled(
            "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.",
        ),
        Behaviour::Storm { .. } => Refusal::throttled("Too many requests."),
        Behaviour::VersionDead => version_dead("20250101"),
        // The script acts out the others itself.
        _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "Internal Server Error"),
    }
}

/// The access token is spent.
pub(super) fn expired() -> Refusal {
    Refusal::token(65_602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
}

/// The grant was taken back, or the token is so new that not everybody has heard of it.
pub(super) fn revoked() -> Refusal {
    Refusal::token(65_601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
}

/// The version is served no longer, or never was.
pub(super) fn version_dead(version: &str) -> Refusal {
    let message = format!("Requested version {version} is not active");
    Refusal::new(StatusCode::UPGRADE_REQUIRED, "NONEXISTENT_VERSION", message)
}
