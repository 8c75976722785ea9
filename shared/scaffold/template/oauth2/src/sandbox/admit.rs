//! What is looked at before anything else.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use turnpike_sdk::TokenStanding;

use super::{Vendor, refusal::Refusal};
use crate::manifest::MANIFEST;

/// Where the list of accounts is; everything else is below.
pub(super) fn root() -> String {
    format!("/{}/accounts", MANIFEST.version.version)
}

/// Lets through what has a living access token.
// CHANGE: further headers that the vendor wants of every request.
pub(super) async fn admit(State(vendor): State<Vendor>, request: Request, next: Next) -> Response {
    match vendor.tokens.standing(request.headers()) {
        TokenStanding::Good | TokenStanding::Settling => next.run(request).await,
        TokenStanding::Ended => Refusal::expired().into_response(),
        TokenStanding::Revoked => Refusal::revoked().into_response(),
    }
}
