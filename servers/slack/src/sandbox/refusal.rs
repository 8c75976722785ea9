//! How Slack says no: HTTP 200, and a word.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The id of every request: the simulated Slack keeps no logs.
pub(super) const REQUEST_ID: &str = "sandbox-request";

/// A refusal in Slack's words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Value,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(word: &str) -> Self {
        Self { status: StatusCode::OK, body: json!({ "ok": false, "error": word }), retry_after: None }
    }

    /// Arguments that Slack does not take, or only warns of.
    pub(super) fn arguments(detail: impl std::fmt::Display) -> Self {
        let mut refusal = Self::new("invalid_arguments");
        refusal.body["response_metadata"] = json!({ "messages": [format!("[ERROR] {detail}")] });
        refusal
    }

    pub(super) fn missing_scope(needed: &str, provided: &[&str]) -> Self {
        let mut refusal = Self::new("missing_scope");
        refusal.body["needed"] = needed.into();
        refusal.body["provided"] = provided.join(",").into();
        refusal
    }

    /// The one refusal with a status of its own.
    pub(super) fn limited(seconds: u64) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { status, retry_after: Some(seconds), ..Self::new("ratelimited") }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, [("x-slack-req-id", REQUEST_ID)], Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        response
    }
}
