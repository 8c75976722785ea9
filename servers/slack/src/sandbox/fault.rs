//! Scripted faults in Slack's words.

use axum::response::{IntoResponse, Response};
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

pub(super) fn answer(behaviour: Behaviour) -> Response {
    let refusal = match behaviour {
        // Of an app that rotates its tokens.
        Behaviour::ExpiredToken => Refusal::new("token_expired"),
        Behaviour::Revoked => Refusal::new("account_inactive"),
        Behaviour::Permission => Refusal::missing_scope("channels:history", &["channels:read"]),
        Behaviour::QuotaDaily { seconds } | Behaviour::Storm { seconds } => Refusal::limited(seconds),
        Behaviour::VersionDead => Refusal::new("method_deprecated"),
        // The script acts out the others itself.
        _ => Refusal::new("internal_error"),
    };
    refusal.into_response()
}
