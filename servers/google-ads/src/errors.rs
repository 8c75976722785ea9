//! Google's errors and their classes.
//!
//! <https://developers.google.com/google-ads/api/docs/best-practices/error-types>. There is no `Retry-After`: the wait
//! stands in the body.

use std::{collections::BTreeMap, time::Duration};

use http::StatusCode;
use serde::Deserialize;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

/// No wait is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Characters of Google's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;

#[derive(Deserialize)]
struct Envelope {
    error: GoogleError,
}

/// `searchStream` answers with a list, and wraps its error in a list of one.
#[derive(Deserialize)]
struct Element {
    error: Option<GoogleError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GoogleError {
    message: String,
    details: Vec<Detail>,
}

/// A `GoogleAdsFailure`, or one of Google's general details.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    errors: Vec<AdsError>,
    request_id: Option<String>,
    retry_delay: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AdsError {
    error_code: BTreeMap<String, String>,
    message: String,
    details: AdsErrorDetails,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AdsErrorDetails {
    quota_error_details: QuotaDetails,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct QuotaDetails {
    rate_scope: String,
    retry_delay: Option<String>,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    let error = google_error(response);
    if response.status.is_success() && error.is_none() {
        return None;
    }
    let spoken = error.is_some();
    let error = error.unwrap_or_default();
    let first = error.details.iter().flat_map(|detail| &detail.errors).next();
    let code = first.and_then(|error| error.error_code.first_key_value());
    let class = match code {
        Some((kind, code)) => class_of_code(kind, code, response.status),
        None => class_of_status(response.status),
    };
    let quota = first.map(|error| &error.details.quota_error_details);
    let wait = quota
        .and_then(|quota| quota.retry_delay.as_deref())
        .or_else(|| error.details.iter().find_map(|detail| detail.retry_delay.as_deref()))
        .and_then(seconds);
    let request_id = response.header("request-id");
    Some(Fault {
        code: code.map(|(kind, code)| format!("{kind}.{code}")),
        retry_at: wait.map(|wait| now.plus(wait)),
        scope: match quota {
            Some(quota) if quota.rate_scope == "ACCOUNT" => Scope::Account,
            _ => Scope::App,
        },
        request_id: request_id
            .map(str::to_owned)
            .or_else(|| error.details.iter().find_map(|detail| detail.request_id.clone())),
        ..Fault::new(class, message(class, response.status, spoken, &error))
    })
}

/// Google's error, from a refusal of either shape or from within a stream that began well.
fn google_error(response: &Response) -> Option<GoogleError> {
    let stream = response.body.trim_ascii_start().starts_with(b"[");
    match (stream, response.status.is_success()) {
        (true, _) => {
            let elements: Vec<Element> = serde_json::from_slice(&response.body).ok()?;
            elements.into_iter().find_map(|element| element.error)
        }
        (false, true) => None,
        (false, false) => Some(serde_json::from_slice::<Envelope>(&response.body).ok()?.error),
    }
}

fn class_of_code(kind: &str, code: &str, status: StatusCode) -> Class {
    match (kind, code) {
        (
            "authenticationError",
            "OAUTH_TOKEN_REVOKED"
            | "OAUTH_TOKEN_DISABLED"
            | "NOT_ADS_USER"
            | "GOOGLE_ACCOUNT_DELETED"
            | "GOOGLE_ACCOUNT_AUTHORIZATION_FAILED"
            | "TWO_STEP_VERIFICATION_NOT_ENROLLED"
            | "ADVANCED_PROTECTION_NOT_ENROLLED",
        ) => Class::AuthRevoked,
        ("authenticationError", "CUSTOMER_NOT_FOUND") | ("authorizationError", _) => Class::Permission,
        ("quotaError", "RESOURCE_EXHAUSTED") => Class::QuotaDaily,
        ("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED") => Class::RateStorm,
        ("quotaError", "ACCESS_PROHIBITED") => Class::Permission,
        // Too heavy a query: waiting does not help, narrowing it does.
        ("quotaError", _) => Class::BadRequest,
        ("requestError", "UNSUPPORTED_VERSION") => Class::VersionDead,
        ("internalError", _) => Class::Upstream,
        // With a code of Google Ads, something named in the request was not found.
        _ if status == StatusCode::NOT_FOUND => Class::BadRequest,
        _ => class_of_status(status),
    }
}

fn class_of_status(status: StatusCode) -> Class {
    match status {
        StatusCode::UNAUTHORIZED => Class::AuthExpired,
        StatusCode::FORBIDDEN => Class::Permission,
        // All our paths are right for the pinned version: one that is gone went with its version.
        StatusCode::NOT_FOUND | StatusCode::GONE => Class::VersionDead,
        StatusCode::TOO_MANY_REQUESTS => Class::RateStorm,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

/// Google's words to the caller, where there are any. A failing server's words are not for callers.
fn message(class: Class, status: StatusCode, spoken: bool, error: &GoogleError) -> String {
    if class == Class::Upstream {
        return "Google Ads failed to answer".to_owned();
    }
    if !spoken {
        return format!("Google Ads refused the request with HTTP status {}", status.as_u16());
    }
    let words: Vec<&str> =
        error.details.iter().flat_map(|detail| &detail.errors).map(|error| error.message.as_str()).collect();
    let words = if words.is_empty() { error.message.clone() } else { words.join(" ") };
    words.chars().take(LONGEST_MESSAGE).collect()
}

/// A duration as Google writes it: `40591s`, `1.5s`.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests;
