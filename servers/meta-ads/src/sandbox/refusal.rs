//! How Meta says no: an error object with a code, under HTTP 400 or 403 and seldom anything that fits better.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The trace id of every request: the simulated Meta keeps no logs.
const TRACE: &str = "AsandboxTrace";

/// A refusal in Meta's words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: i64,
    subcode: Option<i64>,
    kind: Option<&'static str>,
    message: String,
    for_people: Option<String>,
    blamed: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode: None,
            kind: Some("OAuthException"),
            message: message.into(),
            for_people: None,
            blamed: None,
            headers: vec![],
        }
    }

    /// Code 100: a parameter.
    pub(super) fn param(message: impl std::fmt::Display) -> Self {
        Self::new(100, format!("(#100) {message}"))
    }

    /// Code 100, subcode 33: an object that is not there or not for us.
    pub(super) fn missing(verb: &str, id: &str) -> Self {
        let message = format!(
            "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation."
        );
        Self { kind: Some("GraphMethodException"), ..Self::new(100, message).subcode(33) }
    }

    /// Code 200: an account that we are not assigned to.
    pub(super) fn denied() -> Self {
        let message = "(#200) Ad account owner has NOT grant ads_management or ads_read permission";
        Self { status: StatusCode::FORBIDDEN, ..Self::new(200, message) }
    }

    /// Code 1 without a type: the answer would be too large.
    pub(super) fn too_much() -> Self {
        let message = "Please reduce the amount of data you're asking for, then retry your request";
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: None, ..Self::new(1, message) }
    }

    pub(super) fn subcode(self, subcode: i64) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn kind(self, kind: &'static str) -> Self {
        Self { kind: Some(kind), ..self }
    }

    pub(super) fn for_people(self, words: impl Into<String>) -> Self {
        Self { for_people: Some(words.into()), ..self }
    }

    pub(super) fn blaming(self, field: &'static str) -> Self {
        Self { blamed: Some(field), ..self }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut error = json!({ "message": self.message, "code": self.code });
        if let Some(kind) = self.kind {
            error["type"] = kind.into();
            error["fbtrace_id"] = TRACE.into();
        }
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(words) = &self.for_people {
            error["error_user_msg"] = words.as_str().into();
        }
        if let Some(field) = self.blamed {
            error["error_data"] = json!({ "blame_field_specs": [[field]] });
        }
        json!({ "error": error })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
