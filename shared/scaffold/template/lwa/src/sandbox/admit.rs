//! What is looked at before anything else.

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use turnpike_sdk::TokenStanding;

use super::{CLIENT, Vendor, refusal::Refusal};
use crate::manifest::MANIFEST;

/// Where the list of accounts is; everything else is below.
pub(super) fn root() -> String {
    format!("/{}/profiles", MANIFEST.version.version)
}

/// Lets through what has a living access token, the client that it was given to, and the profile that it is for.
// CHANGE: further headers and media types that the vendor wants.
pub(super) async fn admit(State(vendor): State<Vendor>, request: Request, next: Next) -> Response {
    if text(request.headers(), "amazon-advertising-api-clientid") != Some(CLIENT) {
        return Refusal::bad("The client id header is missing or is not the token's.").into_response();
    }
    // `/v2/profiles/4000000001/items`: what is for a profile names it in the header too, and nothing else has the header.
    let profile = request.uri().path().split('/').nth(3);
    if text(request.headers(), "amazon-advertising-api-scope") != profile {
        return Refusal::permission().into_response();
    }
    match vendor.tokens.standing(request.headers()) {
        TokenStanding::Good | TokenStanding::Settling => next.run(request).await,
        TokenStanding::Ended => Refusal::expired().into_response(),
        TokenStanding::Revoked => Refusal::revoked().into_response(),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
