//! The stylesheets, the script and the picture.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use turnpike_config::is_colour;
use turnpike_store::Logo;

use super::Brand;
use crate::{
    Portal,
    http::{Answer, Failure},
};

/// Their addresses change when they do.
const KEPT: &str = "public, max-age=86400";

pub(crate) async fn stylesheet() -> Response {
    asset("text/css; charset=utf-8", include_str!("../../assets/portal.css"))
}

pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../../assets/portal.js"))
}

pub(crate) async fn theme(Extension(brand): Extension<Arc<Brand>>) -> Response {
    asset("text/css; charset=utf-8", brand.theme.clone())
}

/// The mark of a brand without a picture: its colour.
pub(crate) async fn icon(Extension(brand): Extension<Arc<Brand>>) -> Response {
    let accent = if is_colour(&brand.settings.accent) { brand.settings.accent.as_str() } else { "#1d5fa8" };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\"><rect width=\"16\" height=\"16\" rx=\"4\" fill=\"{accent}\"/></svg>"
    );
    asset("image/svg+xml", svg)
}

pub(crate) async fn logo(State(portal): State<Portal>, Extension(brand): Extension<Arc<Brand>>) -> Answer {
    let found = portal.store.system().find_brand_logo(&brand.row).await?;
    Ok(picture(found.ok_or(Failure::NotFound)?))
}

/// A picture that is opened by itself shall run nothing.
pub(crate) fn picture(logo: Logo) -> Response {
    let Logo { media_type, bytes } = logo;
    let quiet = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    ([(CONTENT_TYPE, media_type.as_str()), (CACHE_CONTROL, KEPT), (CONTENT_SECURITY_POLICY, quiet)], bytes)
        .into_response()
}

fn asset(kind: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], body).into_response()
}
