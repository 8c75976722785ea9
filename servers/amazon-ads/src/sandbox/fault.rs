//! Scripted faults in Amazon's words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

/// The answer that Amazon gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    refusal(behaviour).into_response()
}

fn refusal(behaviour: Behaviour) -> Refusal {
    let throttled = StatusCode::TOO_MANY_REQUESTS;
    match behaviour {
        // Amazon does not tell a grant that was taken back from a token that has ended: only the refresh does.
        Behaviour::ExpiredToken | Behaviour::Revoked => expired(),
        Behaviour::Permission => Refusal::scope("Not authorized to access scope 1234"),
        // The queue of reports does not say until when.
        Behaviour::Storm { seconds: 0 } => Refusal::reporting(throttled, "Too Many Requests"),
        // There is no allowance for a day: it is a throttle that says a long time.
        Behaviour::Storm { seconds } | Behaviour::QuotaDaily { seconds } => {
            Refusal::products(throttled, "THROTTLED", "Too Many Requests").retry_after(seconds)
        }
        Behaviour::VersionDead => unsupported(),
        // The script acts out the others itself.
        _ => Refusal::products(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal Server Error"),
    }
}

/// The access token is spent.
pub(super) fn expired() -> Refusal {
    Refusal::general(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "HTTP 401 Unauthorized")
}

/// The body is not of the type that this part of the API takes.
pub(super) fn unsupported() -> Refusal {
    let words = "Cannot consume content type";
    Refusal::products(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", words)
}
