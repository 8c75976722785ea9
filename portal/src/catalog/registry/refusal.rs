//! Answers of the registry that are no servers. Programs read them, so they are no pages.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// Why there is nothing to give.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// No server has this name.
    #[error("Server not found")]
    Server,
    /// The server is not served in this version.
    #[error("Server version not found")]
    Version,
    /// A parameter cannot be read.
    #[error("{0}")]
    Query(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Server | Self::Version => StatusCode::NOT_FOUND,
            Self::Query(_) => StatusCode::BAD_REQUEST,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
