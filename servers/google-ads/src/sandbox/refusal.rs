//! How Google says no.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// A refusal in Google's words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: String,
    details: Value,
}

impl Refusal {
    /// HTTP 400.
    pub(super) fn bad(kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, code, message)
    }

    /// HTTP 400 because of the query.
    pub(super) fn query(code: &'static str, message: impl Into<String>) -> Self {
        Self::bad("queryError", code, message)
    }

    pub(super) fn new(status: StatusCode, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), details: Value::Null }
    }

    /// Adds what Google tells about a quota.
    pub(super) fn quota(mut self, scope: &str, name: &str, seconds: u64) -> Self {
        let delay = format!("{seconds}s");
        self.details = json!({ "quotaErrorDetails": { "rateScope": scope, "rateName": name, "retryDelay": delay } });
        self
    }

    /// One entry of a `GoogleAdsFailure`; `operation` is the index of the operation at fault.
    pub(super) fn error(&self, operation: Option<usize>) -> Value {
        let mut error = json!({ "errorCode": { self.kind: self.code }, "message": self.message });
        if !self.details.is_null() {
            error["details"] = self.details.clone();
        }
        if let Some(index) = operation {
            error["location"] = json!({ "fieldPathElements": [{ "fieldName": "operations", "index": index }] });
        }
        error
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let (status, message) = match self.status {
            StatusCode::UNAUTHORIZED => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
            StatusCode::FORBIDDEN => ("PERMISSION_DENIED", "The caller does not have permission"),
            StatusCode::NOT_FOUND => ("NOT_FOUND", "Requested entity was not found."),
            StatusCode::TOO_MANY_REQUESTS => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
            _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        };
        json!({ "error": {
            "code": self.status.as_u16(), "message": message, "status": status,
            "details": [failure(&[self.error(None)])],
        } })
    }

    /// As `searchStream` words it: an array of one.
    pub(super) fn into_stream(self) -> Response {
        (self.status, [("request-id", REQUEST_ID)], Json(json!([self.body()]))).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, [("request-id", REQUEST_ID)], Json(self.body())).into_response()
    }
}

/// The id of every request: the simulated Google keeps no logs.
pub(super) const REQUEST_ID: &str = "sandbox-request";

/// The one kind of error detail that Google Ads has.
pub(super) fn failure(errors: &[Value]) -> Value {
    json!({
        "@type": format!("type.googleapis.com/google.ads.googleads.{}.errors.GoogleAdsFailure", super::VERSION),
        "errors": errors,
        "requestId": REQUEST_ID,
    })
}
