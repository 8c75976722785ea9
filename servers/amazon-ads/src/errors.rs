//! Amazon's errors and their classes.
//!
//! Three bodies are in use, and gateways answer in a fourth or with a web page:
//! <https://advertising.amazon.com/API/docs/en-us/reference/concepts/errors>. Status and code decide, with two exceptions:
//! only the words of a 401 tell an ended token from a profile that is not the user's, and a 207 is looked into, because it
//! may hold nothing but throttled items.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

use crate::api::{Refused, Updated};

/// No wait is believed beyond this.
const LONGEST_WAIT: u64 = 24 * 3600;
/// The queue of reports frees slowly, and Amazon does not say when: <https://github.com/amzn/ads-advanced-tools-docs/issues/344>.
const REPORT_QUEUE: Duration = Duration::from_secs(120);
/// A wait from which on it is no storm any more: nobody polls for that long.
const LONG_WAIT: Duration = Duration::from_secs(900);
/// Characters of Amazon's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;
/// What is said with a 401 when the token is good and the profile is not for its user.
const NOT_FOR_THIS_USER: [&str; 6] = [
    "not authorized to access scope",
    "no matching advertiser",
    "not authorized to manage this profile",
    "scope header is missing",
    "not authorized to access this",
    "permission",
];

/// All bodies in one: `{code, details}`, `{code, message, errors}`, `{code, detail}`; a gateway says only `{message}`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct AmazonError {
    /// A text, or a number in newer parts.
    code: Value,
    details: Option<String>,
    message: Option<String>,
    detail: Option<String>,
    errors: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    message: String,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    if response.status == StatusCode::MULTI_STATUS {
        return is_all_throttled(response).then(|| Fault {
            code: Some("throttledError".into()),
            scope: Scope::Account,
            request_id: request_id(response),
            ..Fault::new(Class::RateStorm, "Amazon throttled every item of the change; nothing was changed")
        });
    }
    // A report that is being made already is as good as a new one.
    if response.status.is_success() || duplicate_of(response).is_some() {
        return None;
    }
    let error: Option<AmazonError> = serde_json::from_slice(&response.body).ok();
    let error = error.unwrap_or_default();
    let wait = wait(response, &error);
    let class = class(response.status, wait, &error);
    let held = matches!(class, Class::RateStorm | Class::QuotaDaily);
    Some(Fault {
        code: error.code(),
        retry_at: wait.filter(|_| held).map(|wait| now.plus(wait)),
        scope: if error.is_of_reports() { Scope::App } else { Scope::Account },
        request_id: request_id(response),
        ..Fault::new(class, error.message(class, response.status))
    })
}

fn class(status: StatusCode, wait: Option<Duration>, error: &AmazonError) -> Class {
    match status {
        // No refresh mends it, and no breaker may count it: the profile is not for this user.
        StatusCode::UNAUTHORIZED if error.is_about_the_profile() => Class::Permission,
        StatusCode::UNAUTHORIZED => Class::AuthExpired,
        StatusCode::FORBIDDEN => Class::Permission,
        StatusCode::TOO_EARLY => Class::InProgress,
        StatusCode::TOO_MANY_REQUESTS if wait >= Some(LONG_WAIT) => Class::QuotaDaily,
        StatusCode::TOO_MANY_REQUESTS => Class::RateStorm,
        // The version stands in the media types, and these are ours.
        StatusCode::NOT_ACCEPTABLE | StatusCode::UNSUPPORTED_MEDIA_TYPE => Class::VersionDead,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

/// The report that is being made for the same request already: `The Request is a duplicate of : <id>`.
pub(crate) fn duplicate_of(response: &Response) -> Option<String> {
    if response.status != StatusCode::TOO_EARLY {
        return None;
    }
    let error: AmazonError = serde_json::from_slice(&response.body).ok()?;
    let (_, id) = error.words()?.rsplit_once(':')?;
    is_report_id(id.trim()).then(|| id.trim().to_owned())
}

/// Report ids become part of a path, and come from outside.
pub(crate) fn is_report_id(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_all_throttled(response: &Response) -> bool {
    let Ok(Updated { items }) = serde_json::from_slice(&response.body) else { return false };
    items.success.is_empty() && !items.error.is_empty() && items.error.iter().all(Refused::is_throttled)
}

/// `Retry-After` where there is one. Without it the queue of reports takes minutes, and all else the usual short hold.
fn wait(response: &Response, error: &AmazonError) -> Option<Duration> {
    let named = response.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    named
        .map(|seconds| Duration::from_secs(seconds.min(LONGEST_WAIT)))
        .or_else(|| error.is_of_reports().then_some(REPORT_QUEUE))
}

fn request_id(response: &Response) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| response.header(name)).map(str::to_owned)
}

impl AmazonError {
    fn code(&self) -> Option<String> {
        match &self.code {
            Value::String(code) => Some(code.clone()),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        }
    }

    fn words(&self) -> Option<&str> {
        [&self.details, &self.message, &self.detail].into_iter().flatten().map(String::as_str).find(|w| !w.is_empty())
    }

    fn is_about_the_profile(&self) -> bool {
        let words = self.words().unwrap_or_default().to_lowercase();
        NOT_FOR_THIS_USER.iter().any(|part| words.contains(part))
    }

    /// Only reporting calls its words `detail`.
    fn is_of_reports(&self) -> bool {
        self.detail.is_some()
    }

    /// Amazon's words to the caller, where there are any. A failing server's words are not for callers.
    fn message(&self, class: Class, status: StatusCode) -> String {
        let words = match (class, self.words()) {
            (Class::Upstream, _) => "Amazon failed to answer".to_owned(),
            (_, None) => format!("Amazon refused the request with HTTP status {}", status.as_u16()),
            (_, Some(words)) => {
                let more = self.errors.iter().map(|error| error.message.as_str());
                more.filter(|more| !more.is_empty() && *more != words)
                    .fold(words.to_owned(), |all, more| format!("{all} {more}"))
            }
        };
        words.chars().take(LONGEST_MESSAGE).collect()
    }
}

#[cfg(test)]
mod tests;
