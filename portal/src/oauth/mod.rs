//! The authorization server's pages and endpoints: a person is asked here, and programs fetch their tokens.

mod attempts;
mod authorize;
mod endpoints;
mod parameters;
mod well_known;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

pub(crate) use authorize::{ask, decide};

use crate::{Portal, http::guard_headers};

/// The largest registration that is read, in bytes: what hosts send is a fiftieth of it.
const LARGEST_REGISTRATION: usize = 64 * 1024;

/// What programs call. They send no cookies, and a program may live in a page of any origin: what each asks for it proves by
/// itself.
pub(crate) fn endpoints(portal: &Portal) -> Router {
    let asked_for = [header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("mcp-protocol-version")];
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(asked_for)
        .expose_headers([header::WWW_AUTHENTICATE]);
    let registration = if portal.settings.oauth.registration {
        Router::new().route("/register", post(endpoints::register).layer(DefaultBodyLimit::max(LARGEST_REGISTRATION)))
    } else {
        Router::new()
    };
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(well_known::metadata))
        .route("/.well-known/openid-configuration", get(well_known::metadata))
        .route("/.well-known/jwks.json", get(well_known::keys))
        .route("/token", post(endpoints::token))
        .route("/revoke", post(endpoints::revoke))
        .route("/introspect", post(endpoints::introspect))
        .merge(registration)
        .layer(cors)
        .layer(from_fn_with_state(portal.clone(), guard_headers))
        .with_state(portal.clone())
}
