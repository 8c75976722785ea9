//! What is looked at before anything else.

use axum::{
    extract::{Request, State},
    http::{Uri, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Vendor, refusal::Refusal};
use crate::manifest::MANIFEST;

/// The signature of a request, which the kit puts on: HMAC-SHA-256 of the token under the app's secret.
const PROOF: &str = "appsecret_proof=";

/// Where the list of accounts is; everything else is below.
pub(super) fn root() -> String {
    format!("/{}/accounts", MANIFEST.version.version)
}

/// Lets through what has a living token and its proof.
// CHANGE: further headers that the vendor wants of every request.
pub(super) async fn admit(State(vendor): State<Vendor>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = pairs(request.uri()).find_map(|pair| pair.strip_prefix(PROOF)).unwrap_or_default();
    if let Err(refusal) = vendor.tokens.check(header.strip_prefix("Bearer ").unwrap_or_default(), given) {
        return refusal.into_response();
    }
    // The paths see the address as it is without the signature.
    *request.uri_mut() = match without_proof(request.uri()) {
        Ok(uri) => uri,
        Err(refusal) => return refusal.into_response(),
    };
    next.run(request).await
}

fn without_proof(uri: &Uri) -> Result<Uri, Refusal> {
    let rest: Vec<&str> = pairs(uri).filter(|pair| !pair.starts_with(PROOF)).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    format!("{}{query}", uri.path()).parse().map_err(|_| Refusal::bad("The address is not one."))
}

fn pairs(uri: &Uri) -> impl Iterator<Item = &str> {
    uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty())
}
