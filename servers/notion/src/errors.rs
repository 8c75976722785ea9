//! Notion's errors and their classes.
//!
//! <https://developers.notion.com/reference/status-codes>. The code decides, else the status; of words only those that tell
//! a version that has ended from a wrong argument.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

/// No wait is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// A wait from which on it is no storm any more. The window of a connection is a minute; that of a workspace may be longer.
const LONG_WAIT: Duration = Duration::from_secs(900);
/// Characters of Notion's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;
/// Notion is overloaded as a whole: no status of any standard.
const OVERLOAD: u16 = 529;

#[derive(Deserialize, Default)]
#[serde(default)]
struct NotionError {
    code: String,
    message: String,
    request_id: Option<String>,
    additional_data: AdditionalData,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AdditionalData {
    rate_limit_reason: Option<String>,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    if response.status.is_success() {
        return None;
    }
    let error: NotionError = serde_json::from_slice(&response.body).unwrap_or_default();
    let wait = response.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let wait = wait.map(|wait: Duration| wait.min(LONGEST_WAIT));
    let class = class(response.status, wait, &error);
    Some(Fault {
        retry_at: wait.filter(|_| matches!(class, Class::RateStorm | Class::QuotaDaily)).map(|wait| now.plus(wait)),
        scope: scope(response.status, &error),
        request_id: error.request_id.clone(),
        code: Some(error.code.clone()).filter(|code| !code.is_empty()),
        ..Fault::new(class, message(class, response.status, &error))
    })
}

fn class(status: StatusCode, wait: Option<Duration>, error: &NotionError) -> Class {
    match (error.code.as_str(), status.as_u16()) {
        // A grant that was taken back is refused in the same words: only the refresh tells.
        ("unauthorized", _) | (_, 401) => Class::AuthExpired,
        ("restricted_resource", _) | (_, 403) => Class::Permission,
        ("rate_limited", _) | (_, 429) if wait >= Some(LONG_WAIT) => Class::QuotaDaily,
        ("rate_limited" | "service_overload", _) | (_, 429 | OVERLOAD) => Class::RateStorm,
        // All our paths are right for the pinned version: one that is unknown went with its version.
        ("missing_version" | "invalid_request_url" | "invalid_beta", _) | (_, 410) => Class::VersionDead,
        ("validation_error", _) if error.message.starts_with("Notion-Version") => Class::VersionDead,
        // Nothing was saved because somebody else was saving. A read-back shows it, and another try may do.
        ("conflict_error", _) | (_, 409) => Class::Upstream,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

/// Limits are counted for each connection, and for all connections of a workspace together.
fn scope(status: StatusCode, error: &NotionError) -> Scope {
    match error.additional_data.rate_limit_reason.as_deref() {
        _ if status.as_u16() == OVERLOAD || error.code == "service_overload" => Scope::Address,
        Some(reason) if reason.contains("workspace") || reason.contains("space") => Scope::Account,
        _ => Scope::Connection,
    }
}

/// Notion's words to the caller, where there are any. A failing server's words are not for callers.
fn message(class: Class, status: StatusCode, error: &NotionError) -> String {
    let words = match class {
        Class::Upstream if status == StatusCode::CONFLICT => {
            "Notion was saving something else there and saved nothing of this"
        }
        Class::Upstream => "Notion failed to answer",
        _ if error.message.is_empty() => {
            return format!("Notion refused the request with HTTP status {}", status.as_u16());
        }
        _ => &error.message,
    };
    words.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests;
