//! What was asked of an authorization server, as the vendor wants it asked: in a form, or with HTTP Basic and JSON.

use std::collections::HashMap;

use axum::http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::form_urlencoded;

use super::grants::Refused;
use crate::{TokenRequest, TokenStyle};

const NO_FORM: Refused = (StatusCode::BAD_REQUEST, "invalid_request", "The body must be form-encoded.");
const NO_JSON: Refused = (StatusCode::BAD_REQUEST, "invalid_request", "The body must be a JSON object of strings.");
const NO_VERSION: Refused = (StatusCode::BAD_REQUEST, "invalid_request", "The header with the API version is missing.");
const NO_CLIENT: Refused = (StatusCode::UNAUTHORIZED, "invalid_client", "The client must authenticate by HTTP Basic.");
const TWICE: Refused = (StatusCode::BAD_REQUEST, "invalid_request", "The client stands in the body as well.");

/// The fields of the request, the client's among them wherever they stood.
pub(super) fn read(style: TokenStyle, headers: &HeaderMap, body: &[u8]) -> Result<HashMap<String, String>, Refused> {
    if style.version_header.is_some_and(|name| !headers.contains_key(name)) {
        return Err(NO_VERSION);
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is = |kind: &str| content_type.split(';').next() == Some(kind);
    match style.request {
        TokenRequest::Form if is("application/x-www-form-urlencoded") => {
            Ok(form_urlencoded::parse(body).into_owned().collect())
        }
        TokenRequest::Form => Err(NO_FORM),
        TokenRequest::BasicJson if is("application/json") => {
            let mut fields: HashMap<String, String> = serde_json::from_slice(body).map_err(|_| NO_JSON)?;
            if fields.keys().any(|name| name.starts_with("client_")) {
                return Err(TWICE);
            }
            let (id, secret) = basic(headers).ok_or(NO_CLIENT)?;
            fields.extend([("client_id".to_owned(), id), ("client_secret".to_owned(), secret)]);
            Ok(fields)
        }
        TokenRequest::BasicJson => Err(NO_JSON),
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
