//! Where finished reports lie: as with S3, behind a link that is signed, that lapses, and that bears no second way to say
//! who is asking.

use std::{collections::HashMap, io::Write as _, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use turnpike_core::Timestamp;

use super::{rows, world::World};

/// How long a link is good.
pub(super) const LIFE: Duration = Duration::from_secs(3600);

/// The link to a report's file.
pub(super) fn link(host: &str, id: &str, signature: &str) -> String {
    format!("http://{host}/report-files/report-{id}.json.gz?X-Amz-Expires=3600&X-Amz-Signature={signature}")
}

/// `GET /report-files/…`.
pub(super) fn file(
    world: &World,
    name: &str,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Response {
    let ours = |name: &str| name.starts_with("amazon-") || name == "cookie" || name == "traceparent";
    if headers.contains_key(AUTHORIZATION) || headers.keys().any(|header| ours(header.as_str())) {
        return refused(StatusCode::BAD_REQUEST, "InvalidArgument", "Only one auth mechanism allowed");
    }
    let id = name.strip_prefix("report-").and_then(|name| name.strip_suffix(".json.gz"));
    let Some(report) = world.reports.iter().find(|report| Some(report.id.as_str()) == id) else {
        return refused(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    };
    match report.links.iter().find(|(signature, _)| query.get("X-Amz-Signature") == Some(signature)) {
        Some((_, end)) if *end > now => {}
        Some(_) => return refused(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired"),
        None => return refused(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "The signature does not match."),
    }
    let profile = world.profiles.iter().find(|profile| profile.id == report.profile);
    let rows = profile.map(|profile| rows::rows(profile, &report.question)).unwrap_or_default();
    let mut packed = GzEncoder::new(vec![], Compression::default());
    match packed.write_all(serde_json::Value::from(rows).to_string().as_bytes()).and_then(|()| packed.finish()) {
        Ok(body) => ([("content-type", "application/octet-stream")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    (status, [("content-type", "application/xml")], body).into_response()
}
