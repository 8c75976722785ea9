//! Meta's errors and their classes.
//!
//! <https://developers.facebook.com/docs/graph-api/guides/error-handling> and
//! <https://developers.facebook.com/docs/marketing-api/error-reference>. Code and subcode decide, never the HTTP status and
//! never the words: Meta throttles with 400 and 403, and translates its words.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

use crate::{api::Run, usage};

/// Characters of Meta's words that an agent gets to see.
const LONGEST_MESSAGE: usize = 500;
/// Points of an account or an app come back within this, where Meta names no time.
const POINTS_WAIT: Duration = Duration::from_secs(300);
/// Hourly quotas slide; a quarter of their hour frees enough to go on.
const QUOTA_WAIT: Duration = Duration::from_secs(15 * 60);
/// Meta suspects abuse: leave the account alone for long.
const ABUSE_WAIT: Duration = Duration::from_secs(3600);
/// More than 100 changes a second.
const BURST_WAIT: Duration = Duration::from_secs(5);

/// The code of an answer that would be too large: to be asked for in smaller parts, or in the background.
pub(crate) const TOO_MUCH: &str = "1/reduce";

#[derive(Deserialize)]
struct Envelope {
    error: GraphError,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct GraphError {
    message: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    code: i64,
    error_subcode: Option<i64>,
    error_user_title: Option<String>,
    error_user_msg: Option<String>,
    is_transient: bool,
    error_data: Option<Value>,
    fbtrace_id: Option<String>,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    if response.status.is_success() && !response.body.starts_with(b"{\"error\"") {
        return None;
    }
    let Ok(Envelope { error }) = serde_json::from_slice(&response.body) else {
        return Some(Fault::new(class_of_status(response.status), "Meta failed to answer"));
    };
    let (class, scope) = error.class();
    Some(Fault {
        code: Some(error.code()),
        retry_at: error.wait(class, response).map(|wait| now.plus(wait)),
        scope,
        request_id: error.fbtrace_id.clone(),
        ..Fault::new(class, error.message(class))
    })
}

/// The fault that a background report tells of that has failed.
pub(crate) fn of_run(run: &Run) -> Fault {
    let error = GraphError {
        message: run.error_message.clone().unwrap_or_else(|| run.async_status.clone()),
        // Of a report it says nothing that there is no type.
        kind: Some(String::new()),
        code: run.error_code.unwrap_or_default(),
        error_subcode: run.error_subcode,
        error_user_msg: run.error_user_msg.clone(),
        ..GraphError::default()
    };
    let (class, scope) = error.class();
    // These are words about this report, whoever's fault it was.
    let words = error.message(Class::BadRequest);
    let message =
        format!("Meta did not finish the report: {words} Ask for fewer days, a higher level or fewer campaigns.");
    Fault { code: Some(error.code()), scope, ..Fault::new(class, message) }
}

/// An answer that is none of Meta's own: something before it has answered.
fn class_of_status(status: StatusCode) -> Class {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Class::RateStorm,
        _ if status.is_client_error() => Class::BadRequest,
        _ => Class::Upstream,
    }
}

impl GraphError {
    fn class(&self) -> (Class, Scope) {
        match (self.code, self.error_subcode) {
            // Only a token that had an end expires; another replica may have exchanged it already.
            (190, Some(463)) => (Class::AuthExpired, Scope::App),
            (190 | 102, _) => (Class::AuthRevoked, Scope::App),
            // 368 is a block for breaking a policy.
            (3 | 10 | 200..=299 | 368, _) => (Class::Permission, Scope::App),
            (2635, _) => (Class::VersionDead, Scope::App),
            (4 | 341, _) => (Class::RateStorm, Scope::App),
            // Rules of the product: an ad set's budget changes 4 times an hour, an account's spending limit 10 times a day.
            // The object named is meant, so nothing else is held.
            (613, Some(1_487_632 | 1_487_225)) | (17, Some(1_885_172)) => (Class::BadRequest, Scope::Account),
            (613, Some(1_487_742 | 5_044_001)) | (17 | 32, _) => (Class::RateStorm, Scope::Account),
            // Meta suspects abuse.
            (613, _) => (Class::QuotaDaily, Scope::Account),
            (80_000..=80_014, _) => (Class::QuotaDaily, Scope::Account),
            (1, _) if self.asks_for_less() => (Class::BadRequest, Scope::App),
            (1 | 2, _) => (Class::Upstream, Scope::App),
            _ if self.is_transient => (Class::Upstream, Scope::App),
            _ => (Class::BadRequest, Scope::App),
        }
    }

    /// "Please reduce the amount of data" has the code of every failure; what tells it apart is that it has no type.
    /// As in <https://github.com/facebook/facebook-python-business-sdk/issues/470>.
    fn asks_for_less(&self) -> bool {
        self.code == 1 && self.kind.is_none()
    }

    fn wait(&self, class: Class, response: &Response) -> Option<Duration> {
        match (class, self.code, self.error_subcode) {
            (Class::RateStorm, 613, Some(5_044_001)) => Some(BURST_WAIT),
            (Class::RateStorm, ..) => Some(usage::account_wait(response).unwrap_or(POINTS_WAIT)),
            (Class::QuotaDaily, 613, _) => Some(ABUSE_WAIT),
            (Class::QuotaDaily, ..) => Some(usage::business_wait(response).unwrap_or(QUOTA_WAIT)),
            _ => None,
        }
    }

    fn code(&self) -> String {
        match self.error_subcode {
            _ if self.asks_for_less() => TOO_MUCH.to_owned(),
            Some(subcode) => format!("{}/{subcode}", self.code),
            None => self.code.to_string(),
        }
    }

    /// Meta's words to the caller, where there are any. A failing server's words are not for callers.
    fn message(&self, class: Class) -> String {
        if class == Class::Upstream {
            return "Meta failed to answer".to_owned();
        }
        let for_people = self.error_user_msg.as_deref().filter(|words| !words.is_empty());
        let mut words = match (&self.error_user_title, for_people) {
            (Some(title), Some(words)) if !title.is_empty() => format!("{title}: {words}"),
            (_, Some(words)) => words.to_owned(),
            (_, None) => self.message.clone(),
        };
        if let Some(fields) = self.blamed() {
            words = format!("{words} (fields: {fields})");
        }
        match (self.code, self.error_subcode) {
            (613, Some(1_487_632)) => words = format!("{words} An ad set's budget can change 4 times an hour."),
            (613, None | Some(1996)) => {
                words = format!("{words} Meta suspects abuse: a person should look at the app's dashboard.");
            }
            _ => {}
        }
        words.chars().take(LONGEST_MESSAGE).collect()
    }

    /// The fields that Meta finds fault with: `error_data` is an object, or one in a text.
    fn blamed(&self) -> Option<String> {
        let data = match self.error_data.as_ref()? {
            Value::String(text) => serde_json::from_str(text).ok()?,
            data => data.clone(),
        };
        let specs: Vec<Vec<String>> = serde_json::from_value(data.get("blame_field_specs")?.clone()).ok()?;
        let fields: Vec<String> = specs.into_iter().map(|spec| spec.join(".")).collect();
        (!fields.is_empty()).then(|| fields.join(", "))
    }
}

#[cfg(test)]
mod tests;
