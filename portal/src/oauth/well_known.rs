//! What programs read before they ask.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};
use serde_json::Value;

use crate::Portal;

/// Metadata of the authorization server, at the place of RFC 8414 and at that of OpenID Connect.
pub(super) async fn metadata(State(portal): State<Portal>) -> Response {
    kept(portal.oauth.metadata())
}

/// The public keys.
pub(super) async fn keys(State(portal): State<Portal>) -> Response {
    match portal.oauth.published_keys().await {
        Ok(keys) => kept(keys),
        Err(error) => {
            tracing::error!(%error, "the keys for access tokens cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// For shorter than a key is known ahead.
fn kept(document: Value) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(document)).into_response()
}
