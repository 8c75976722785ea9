//! What is looked at before anything else.

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use turnpike_sdk::TokenStanding;

use super::{Vendor, refusal::Refusal};
use crate::manifest::MANIFEST;

/// Where the list of accounts is; everything else is below.
pub(super) fn root() -> String {
    "/rest/accounts".to_owned()
}

/// Lets through what has a living access token, the protocol's version and the API's.
// CHANGE: further headers that the vendor wants of every request.
pub(super) async fn admit(State(vendor): State<Vendor>, request: Request, next: Next) -> Response {
    match vendor.tokens.standing(request.headers()) {
        TokenStanding::Good => {}
        TokenStanding::Ended => return Refusal::expired().into_response(),
        TokenStanding::Settling | TokenStanding::Revoked => return Refusal::revoked().into_response(),
    }
    if text(request.headers(), "x-restli-protocol-version") != Some("2.0.0") {
        return Refusal::bad("X-Restli-Protocol-Version must be 2.0.0.").into_response();
    }
    match text(request.headers(), "linkedin-version") {
        None => Refusal::bad("A version must be present.").into_response(),
        Some(version) if version != MANIFEST.version.version => Refusal::version_gone().into_response(),
        Some(_) => next.run(request).await,
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
