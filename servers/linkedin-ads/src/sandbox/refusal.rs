//! How LinkedIn says no.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The id of every request: the simulated LinkedIn keeps no logs.
pub(super) const REQUEST_ID: &str = "sandbox-request";

/// A refusal in LinkedIn's words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    service_error_code: Option<u32>,
    code: &'static str,
    pub(super) message: String,
    field: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, service_error_code: None, code, message: message.into(), field: None }
    }

    /// HTTP 400: the request is not as its schema wants it.
    pub(super) fn param(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PARAM_INVALID", message)
    }

    /// HTTP 400: a value of the body.
    pub(super) fn field(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(StatusCode::BAD_REQUEST, code, message) }
    }

    /// HTTP 401.
    pub(super) fn token(service_error_code: u32, code: &'static str, message: &str) -> Self {
        Self { service_error_code: Some(service_error_code), ..Self::new(StatusCode::UNAUTHORIZED, code, message) }
    }

    /// HTTP 403.
    pub(super) fn denied(what: &str) -> Self {
        let message = format!("Not enough permissions to access: {what}.20260701");
        Self { service_error_code: Some(100), ..Self::new(StatusCode::FORBIDDEN, "ACCESS_DENIED", message) }
    }

    /// HTTP 404.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND", format!("{what} not found"))
    }

    /// HTTP 429.
    pub(super) fn throttled(message: &str) -> Self {
        Self { service_error_code: Some(101), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", message) }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "status": self.status.as_u16(), "code": self.code, "message": self.message });
        if let Some(code) = self.service_error_code {
            body["serviceErrorCode"] = code.into();
        }
        if let Some(field) = self.field {
            body["errorDetailType"] = "com.linkedin.common.error.BadRequest".into();
            body["errorDetails"] = json!({ "inputErrors": [{
                "description": self.message, "input": { "inputPath": { "fieldPath": field } }, "code": self.code,
            }] });
        }
        body
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, [("x-li-request-id", REQUEST_ID)], Json(self.body())).into_response()
    }
}
