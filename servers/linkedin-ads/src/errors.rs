//! LinkedIn's errors and their classes.
//!
//! <https://learn.microsoft.com/linkedin/shared/api-guide/concepts/error-handling>. Status and code decide, never the
//! words; with one exception: only the words of a 429 tell whether the day's allowance is spent.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

/// No wait is believed beyond this.
const LONGEST_WAIT: u64 = 24 * 3600;
/// Characters of LinkedIn's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;
const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LinkedInError {
    code: Option<String>,
    service_error_code: Option<i64>,
    message: Option<String>,
    error_details: Details,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    input_errors: Vec<InputError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InputError {
    description: String,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    if response.status.is_success() {
        return None;
    }
    let error: Option<LinkedInError> = serde_json::from_slice(&response.body).ok();
    let spoken = error.is_some();
    let error = error.unwrap_or_default();
    let class = class(response.status, &error);
    let code = error.code.clone().or_else(|| error.service_error_code.map(|code| code.to_string()));
    Some(Fault {
        code,
        retry_at: match class {
            Class::QuotaDaily => Some(midnight_after(now)),
            Class::RateStorm => response.header("retry-after").and_then(|text| seconds(text, now)),
            _ => None,
        },
        scope: if is_of_member(&error) { Scope::Connection } else { Scope::App },
        request_id: ["x-li-request-id", "x-li-uuid"].iter().find_map(|name| response.header(name)).map(str::to_owned),
        ..Fault::new(class, message(class, response.status, spoken, &error))
    })
}

fn class(status: StatusCode, error: &LinkedInError) -> Class {
    match (status, error.code.as_deref(), error.service_error_code) {
        // Also said of a token that is seconds old: whoever knows its age judges.
        (StatusCode::UNAUTHORIZED, Some("REVOKED_ACCESS_TOKEN" | "INVALID_ACCESS_TOKEN"), _)
        | (StatusCode::UNAUTHORIZED, None, Some(65_601 | 65_600)) => Class::AuthRevoked,
        (StatusCode::UNAUTHORIZED, ..) => Class::AuthExpired,
        (StatusCode::FORBIDDEN, ..) => Class::Permission,
        (StatusCode::UPGRADE_REQUIRED, ..) | (_, Some("NONEXISTENT_VERSION"), _) => Class::VersionDead,
        (StatusCode::TOO_MANY_REQUESTS, ..) if is_daily(error) => Class::QuotaDaily,
        (StatusCode::TOO_MANY_REQUESTS, ..) => Class::RateStorm,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

/// `Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.`
fn is_daily(error: &LinkedInError) -> bool {
    error.message.as_deref().is_some_and(|words| words.split_whitespace().any(|word| word == "DAY"))
}

/// A limit of one member leaves the app's other members alone.
fn is_of_member(error: &LinkedInError) -> bool {
    error.message.as_deref().is_some_and(|words| words.contains("MEMBER"))
}

/// Daily allowances come back at midnight UTC.
fn midnight_after(now: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().div_euclid(day).saturating_mul(day)).plus(DAY)
}

/// LinkedIn documents no `Retry-After`; one that comes is honoured.
fn seconds(text: &str, now: Timestamp) -> Option<Timestamp> {
    let wait: u64 = text.trim().parse().ok()?;
    Some(now.plus(Duration::from_secs(wait.min(LONGEST_WAIT))))
}

/// LinkedIn's words to the caller, where there are any. A failing server's words are not for callers.
fn message(class: Class, status: StatusCode, spoken: bool, error: &LinkedInError) -> String {
    let inputs: Vec<&str> = error.error_details.input_errors.iter().map(|error| error.description.as_str()).collect();
    let words = error.message.clone().filter(|words| spoken && !words.is_empty());
    let words = match (class, words) {
        (Class::Upstream, _) => "LinkedIn failed to answer".to_owned(),
        (_, None) => format!("LinkedIn refused the request with HTTP status {}", status.as_u16()),
        (_, Some(words)) => {
            let more = inputs.into_iter().filter(|input| !input.is_empty() && *input != words);
            more.fold(words.clone(), |all, input| format!("{all} {input}"))
        }
    };
    words.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests;
