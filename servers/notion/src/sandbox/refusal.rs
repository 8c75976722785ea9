//! How Notion says no.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The id of every request: the simulated Notion keeps no logs.
const REQUEST_ID: &str = "00000000-0000-4000-8000-00000000feed";

/// A refusal in Notion's words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    wait: Option<(u64, &'static str)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), wait: None }
    }

    /// HTTP 400: the request is not as its schema wants it.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "validation_error", message)
    }

    /// HTTP 404: not there, or not shared.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        let message = format!(
            "Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared with your \
             connection \"Sandbox\"."
        );
        Self::new(StatusCode::NOT_FOUND, "object_not_found", message)
    }

    /// HTTP 403: what the connection may not do anywhere.
    pub(super) fn restricted() -> Self {
        let message = "Insufficient permissions for this endpoint.";
        Self::new(StatusCode::FORBIDDEN, "restricted_resource", message)
    }

    /// HTTP 401, of a token that is none, has ended, or was taken back.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "API token is invalid.")
    }

    /// HTTP 429.
    pub(super) fn limited(seconds: u64, reason: &'static str) -> Self {
        let message = "You have been rate limited. Please try again in a few minutes.";
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
        Self { wait: Some((seconds, reason)), ..refusal }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, code, message, wait } = self;
        let mut body = json!({
            "object": "error", "status": status.as_u16(), "code": code, "message": message, "request_id": REQUEST_ID,
        });
        if let Some((_, reason)) = wait {
            body["additional_data"] = json!({ "rate_limit_reason": reason });
        }
        let mut response = (status, Json(body)).into_response();
        if let Some((seconds, _)) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
