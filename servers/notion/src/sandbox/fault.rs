//! Scripted faults in Notion's words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use turnpike_sdk::Behaviour;

use super::{admit, refusal::Refusal};

/// The answer that Notion gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    refusal(behaviour).into_response()
}

fn refusal(behaviour: Behaviour) -> Refusal {
    match behaviour {
        // Notion does not tell a grant that was taken back from a token that has ended: only the refresh does.
        Behaviour::ExpiredToken | Behaviour::Revoked => Refusal::unauthorized(),
        Behaviour::Permission => Refusal::restricted(),
        Behaviour::Storm { seconds } => Refusal::limited(seconds, "connection_limit"),
        // There is no allowance for a day: it is the workspace's limit that says a long time.
        Behaviour::QuotaDaily { seconds } => Refusal::limited(seconds, "workspace_limit"),
        Behaviour::VersionDead => admit::version_dead("2022-02-22"),
        // The script acts out the others itself.
        _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "Unexpected error occurred."),
    }
}
