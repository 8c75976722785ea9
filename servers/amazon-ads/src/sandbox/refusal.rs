//! What the simulated Amazon says when it does not do what was asked, in its three shapes.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The id of every request: the simulated Amazon keeps no logs.
pub(super) const REQUEST_ID: &str = "sandbox-request";

/// Where in the API something was refused: each part words it in its own way.
#[derive(Clone, Copy, Debug)]
enum Part {
    General,
    SponsoredProducts,
    Reporting,
}

/// A refusal in Amazon's words.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    words: String,
    part: Part,
    retry_after: Option<u64>,
}

impl Refusal {
    /// `{code, details}`: accounts, profiles, authorization.
    pub(super) fn general(status: StatusCode, code: &'static str, words: impl Into<String>) -> Self {
        Self { status, code, words: words.into(), part: Part::General, retry_after: None }
    }

    /// `{code, message}`: Sponsored Products.
    pub(super) fn products(status: StatusCode, code: &'static str, words: impl Into<String>) -> Self {
        Self { part: Part::SponsoredProducts, ..Self::general(status, code, words) }
    }

    /// `{code, detail}`: reports, where the code is the status once more.
    pub(super) fn reporting(status: StatusCode, words: impl Into<String>) -> Self {
        Self { part: Part::Reporting, ..Self::general(status, "", words) }
    }

    /// HTTP 401 that is about the profile and not about the token.
    pub(super) fn scope(words: impl Into<String>) -> Self {
        Self::general(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", words)
    }

    /// HTTP 400: a field that nobody knows, or a value that none may have.
    pub(super) fn invalid(words: impl Into<String>) -> Self {
        Self::products(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", words)
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = match self.part {
            Part::General => json!({ "code": self.code, "details": self.words }),
            Part::SponsoredProducts => json!({ "code": self.code, "message": self.words }),
            Part::Reporting => json!({ "code": self.status.as_u16().to_string(), "detail": self.words }),
        };
        let mut response = (self.status, [("x-amzn-requestid", REQUEST_ID)], Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert("retry-after", seconds.into());
        }
        response
    }
}
