//! What is looked at before anything else: framing, token, version, protocol.

use axum::http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_LENGTH},
};
use turnpike_sdk::TokenStanding;

use super::{LinkedIn, fault, refusal::Refusal};
use crate::manifest::MANIFEST;

/// What every access token begins with.
pub(super) const ACCESS_PREFIX: &str = "AQX";
/// Versions that are served besides the pinned one.
const SERVED: [&str; 7] = ["202601", "202602", "202603", "202604", "202605", "202606", "202607"];
/// The longest query in a URL.
const LONGEST_QUERY: usize = 4_096;

impl LinkedIn {
    pub(super) fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        if *method == Method::POST && !headers.contains_key(CONTENT_LENGTH) {
            return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, "LENGTH_REQUIRED", "Content-Length is missing"));
        }
        if uri.query().is_some_and(|query| query.len() > LONGEST_QUERY) {
            return Err(Refusal::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "Request-URI is too long"));
        }
        self.token(headers)?;
        version(headers)?;
        match text(headers, "x-restli-protocol-version") {
            Some("2.0.0") => Ok(()),
            other => {
                Err(Refusal::param(format!("Rest.li protocol version {} is not served", other.unwrap_or("1.0.0"))))
            }
        }
    }

    fn token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = text(headers, AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        match token {
            None => Err(Refusal::token(65_604, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")),
            Some(token) => match self.tokens.standing(headers) {
                TokenStanding::Good => Ok(()),
                TokenStanding::Settling | TokenStanding::Revoked => Err(fault::revoked()),
                // One of an earlier process, too: a stored connection then asks for a new one.
                TokenStanding::Ended if token.starts_with(ACCESS_PREFIX) => Err(fault::expired()),
                TokenStanding::Ended => Err(Refusal::token(65_600, "INVALID_ACCESS_TOKEN", "Invalid access token")),
            },
        }
    }
}

fn version(headers: &HeaderMap) -> Result<(), Refusal> {
    match text(headers, "linkedin-version") {
        None => {
            let message = "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
            Err(Refusal::new(StatusCode::BAD_REQUEST, "VERSION_MISSING", message))
        }
        Some(version) if version == MANIFEST.version.version || SERVED.contains(&version) => Ok(()),
        Some(version) => Err(fault::version_dead(version)),
    }
}

/// A header's text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
