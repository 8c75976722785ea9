//! Headers of every answer.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, header};

use crate::Portal;

/// Nothing from elsewhere, nothing inline, no frame. `form-action` names the vendors' sign-in pages, because a browser
/// holds a form to it on redirects too.
pub(crate) fn content_security_policy(vendors: &[String]) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; \
         form-action 'self'{}; frame-ancestors 'none'; base-uri 'none'",
        vendors.iter().map(|origin| format!(" {origin}")).collect::<String>()
    )
}

/// Adds what is not there yet.
pub(crate) async fn guard_headers(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    add(header::CONTENT_SECURITY_POLICY, portal.security_policy.clone());
    add(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    add(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    add(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // With `no-referrer` a browser would hide the origin of our own forms from us as well.
    add(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    add(header::HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if portal.cookies.secure {
        add(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    response
}
