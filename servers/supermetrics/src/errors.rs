//! Supermetrics' errors and their classes.
//!
//! <https://docs.supermetrics.com/apidocs/errors>. An error may come with HTTP 200, so the body is looked at first.
//! Four limits are told apart: the licence's terms, the licence's pace (which counts by our address too), the data
//! source's own quota, and the key's list of allowed addresses.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

/// No wait is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// A pause after which a renewed licence is noticed.
const LICENCE_WAIT: Duration = Duration::from_secs(10 * 60);
/// A source's quota frees by the hour or by the day, and Supermetrics does not say which.
const SOURCE_WAIT: Duration = Duration::from_secs(3600);
/// Characters of Supermetrics' words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    meta: Meta,
    error: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    request_id: Option<String>,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    let envelope: Envelope = serde_json::from_slice(&response.body).unwrap_or_default();
    let error = envelope.error.filter(|error| !error.is_null());
    if response.status.is_success() && error.is_none() {
        return None;
    }
    let word = |name: &str| error.as_ref()?.get(name)?.as_str();
    let code = word("code").unwrap_or_default();
    let words = [word("message"), word("description")];
    let (class, scope) = class_of(code, &words, response.status);
    let after = response.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let wait = match (class, code) {
        (Class::QuotaDaily, code) if code.starts_with("LICENSE_") => after.or(Some(LICENCE_WAIT)),
        (Class::QuotaDaily, _) => after.or(Some(SOURCE_WAIT)),
        _ => after,
    };
    Some(Fault {
        code: (!code.is_empty()).then(|| code.to_owned()),
        retry_at: wait.map(|wait| now.plus(wait.min(LONGEST_WAIT))),
        scope,
        request_id: envelope.meta.request_id.or_else(|| response.header("x-request-id").map(str::to_owned)),
        ..Fault::new(class, message(class, code, words, response.status))
    })
}

fn class_of(code: &str, words: &[Option<&str>], status: StatusCode) -> (Class, Scope) {
    match code {
        // A static key cannot be refreshed: whatever ends it, a person must give a new one. Disabling is for good.
        "API_KEY_REQUIRED"
        | "API_KEY_INVALID"
        | "API_KEY_DISABLED"
        | "ACCESS_TOKEN_INVALID"
        | "ACCESS_TOKEN_EXPIRED"
        | "UNAUTHORIZED" => (Class::AuthRevoked, Scope::App),
        // Only this question is beyond the plan: a smaller one is answered, so nothing is held.
        "LICENSE_ACCOUNT_LIMIT_EXCEEDED" | "LICENSE_ROW_LIMIT_EXCEEDED" | "LICENSE_HISTORICAL_RANGE_EXCEEDED" => {
            (Class::BadRequest, Scope::App)
        }
        "LICENSE_ACCESS_DATA_SOURCE" | "ACCESS_DENIED_IP" => (Class::Permission, Scope::App),
        // The licence answers nothing any more, to nobody who holds one of its keys.
        code if code.starts_with("LICENSE_") => (Class::QuotaDaily, Scope::App),
        code if code.starts_with("ACCESS_DENIED") || code == "FORBIDDEN" => (Class::Permission, Scope::App),
        code if names_quota(code) => (Class::QuotaDaily, Scope::Account),
        code if status == StatusCode::TOO_MANY_REQUESTS || code == "TOO_MANY_REQUESTS" => {
            match words.iter().flatten().any(|text| text.to_ascii_lowercase().contains("quota")) {
                true => (Class::QuotaDaily, Scope::Account),
                false => (Class::RateStorm, Scope::Address),
            }
        }
        "INTERNAL_SERVER_ERROR" | "SERVICE_UNAVAILABLE" => (Class::Upstream, Scope::App),
        "" => (class_of_status(status), Scope::App),
        // An error of the query that came with HTTP 200.
        _ if status.is_success() => (Class::BadRequest, Scope::App),
        // With a code of its own something named in the request was not found.
        _ if status == StatusCode::NOT_FOUND => (Class::BadRequest, Scope::App),
        _ => (class_of_status(status), Scope::App),
    }
}

/// Whether the code passes on that the data source's quota is used up.
fn names_quota(code: &str) -> bool {
    code.contains("RATE_LIMIT") || code.contains("QUOTA")
}

fn class_of_status(status: StatusCode) -> Class {
    match status {
        StatusCode::UNAUTHORIZED => Class::AuthRevoked,
        StatusCode::FORBIDDEN => Class::Permission,
        // All our paths are right for the pinned version: one that is gone went with its version.
        StatusCode::NOT_FOUND | StatusCode::GONE => Class::VersionDead,
        StatusCode::TOO_MANY_REQUESTS => Class::RateStorm,
        _ if status.is_client_error() => Class::BadRequest,
        // An error object without a code.
        _ if status.is_success() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

/// Supermetrics' words to the caller with what they mean here. A failing server's words are not for callers.
fn message(class: Class, code: &str, words: [Option<&str>; 2], status: StatusCode) -> String {
    if class == Class::Upstream {
        return "Supermetrics failed to answer".to_owned();
    }
    let mut said =
        words.into_iter().flatten().map(|text| text.trim().trim_end_matches('.')).filter(|text| !text.is_empty());
    let said = match (said.next(), said.next()) {
        (Some(message), Some(more)) if more != message => format!("{message}. {more}"),
        (Some(message), _) => message.to_owned(),
        (None, _) => format!("HTTP status {}", status.as_u16()),
    };
    let said: String = said.chars().take(LONGEST_MESSAGE).collect();
    let meaning = match code {
        "ACCESS_DENIED_IP" => {
            "Supermetrics does not let this key be used from the address that this service calls from. Its owner must \
             allow the service's egress address for the key in the Supermetrics Hub, or give a key without that \
             restriction"
        }
        "LICENSE_ACCESS_DATA_SOURCE" => "the Supermetrics licence does not include this data source",
        code if code.starts_with("LICENSE_") && class == Class::BadRequest => {
            "the Supermetrics licence does not cover so much: ask for fewer days, rows or accounts"
        }
        code if code.starts_with("LICENSE_") => {
            "the Supermetrics licence answers no queries now: its owner must renew or widen it at Supermetrics"
        }
        _ if class == Class::QuotaDaily => "the data source's own quota for this account is used up",
        _ if class == Class::RateStorm => "Supermetrics gets too many requests from this service's address",
        _ if class == Class::AuthRevoked => "Supermetrics does not accept the API key",
        _ => "Supermetrics refused the request",
    };
    format!("{meaning} ({said})")
}

#[cfg(test)]
mod tests;
