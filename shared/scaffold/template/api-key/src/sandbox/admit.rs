//! What is looked at before anything else.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use turnpike_sdk::read_minted;

use super::{KEY, Vendor, refusal::Refusal};
use crate::manifest::MANIFEST;

/// Where the list of accounts is; everything else is below.
pub(super) fn root() -> String {
    format!("/{}/accounts", MANIFEST.version.version)
}

/// Lets through what has a key of this sandbox.
// CHANGE: the header that takes the key, and further ones that the vendor wants of every request.
pub(super) async fn admit(State(_): State<Vendor>, request: Request, next: Next) -> Response {
    let key = request.headers().get("x-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match key == KEY || read_minted(KEY, key).is_some() {
        true => next.run(request).await,
        false => Refusal::revoked().into_response(),
    }
}
