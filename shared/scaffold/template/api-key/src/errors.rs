//! The vendor's errors and their classes.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

use crate::manifest::MANIFEST;

/// No wait is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Characters of the vendor's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;

// CHANGE: the error object of the vendor's reference.
#[derive(Deserialize)]
struct Envelope {
    error: VendorError,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VendorError {
    code: String,
    message: String,
}

/// The fault that an answer tells of, if it tells of one. It sees good answers too: a vendor may report errors with HTTP 200.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    if response.status.is_success() {
        return None;
    }
    let spoken = serde_json::from_slice::<Envelope>(&response.body).ok();
    let error = spoken.map(|Envelope { error }| error).unwrap_or_default();
    let (class, scope) = class_of(&error.code, response.status);
    Some(Fault {
        // CHANGE: where the vendor says how long to wait.
        retry_at: wait(response).map(|wait| now.plus(wait.min(LONGEST_WAIT))),
        scope,
        // CHANGE: the header that names a request in the vendor's logs.
        request_id: response.header("x-request-id").map(str::to_owned),
        code: (!error.code.is_empty()).then_some(error.code),
        ..Fault::new(class, message(class, response.status, &error.message))
    })
}

// CHANGE: each code of the vendor's reference to its class, and to the scope that a wait stops: the app, the account, or the
// address that we call from. The class decides what happens next: turnpike_core::Class tells of each.
fn class_of(code: &str, status: StatusCode) -> (Class, Scope) {
    match code {
        // A static key cannot be refreshed: whatever ends it, a person must give a new one.
        "key_expired" | "key_revoked" => (Class::AuthRevoked, Scope::App),
        "not_permitted" => (Class::Permission, Scope::App),
        "daily_quota" => (Class::QuotaDaily, Scope::App),
        "too_fast" => (Class::RateStorm, Scope::Account),
        "version_gone" => (Class::VersionDead, Scope::App),
        _ => (class_of_status(status), Scope::App),
    }
}

fn class_of_status(status: StatusCode) -> Class {
    match status {
        StatusCode::UNAUTHORIZED => Class::AuthRevoked,
        StatusCode::FORBIDDEN => Class::Permission,
        StatusCode::GONE => Class::VersionDead,
        StatusCode::TOO_MANY_REQUESTS => Class::RateStorm,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

fn wait(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// The vendor's words to the caller, where there are any. A failing server's words are not for callers.
fn message(class: Class, status: StatusCode, words: &str) -> String {
    match class {
        Class::Upstream => format!("{} failed to answer", MANIFEST.title),
        _ if words.is_empty() => format!("{} refused the request with HTTP status {}", MANIFEST.title, status.as_u16()),
        _ => words.chars().take(LONGEST_MESSAGE).collect(),
    }
}
