//! How Supermetrics says no.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refusal in Supermetrics' words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    description: String,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        description: impl Into<String>,
    ) -> Self {
        Self { status, code, message, description: description.into(), retry_after: None }
    }

    /// HTTP 400.
    pub(super) fn bad(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Bad request", description)
    }

    /// An error of the query itself, which comes with HTTP 200.
    pub(super) fn in_good_form(description: impl Into<String>) -> Self {
        Self::new(StatusCode::OK, "QUERY_FIELDS_INVALID", "Invalid fields", description)
    }

    /// HTTP 403 because of the licence.
    pub(super) fn licence(code: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, "License limit", description)
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "meta": { "request_id": REQUEST_ID },
            "error": { "code": self.code, "message": self.message, "description": self.description },
        });
        let retry = self.retry_after.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
        match retry {
            Some(header) => (self.status, header, Json(body)).into_response(),
            None => (self.status, Json(body)).into_response(),
        }
    }
}

/// The id of every request: the simulated Supermetrics keeps no logs.
pub(super) const REQUEST_ID: &str = "sandbox-request";
