//! Slack's errors and their classes.
//!
//! <https://docs.slack.dev/apis/web-api/#responses>. A refusal comes with HTTP 200, `"ok": false` and a word; only a limit has a
//! status of its own, 429 with `Retry-After`. The word decides.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use turnpike_core::{Class, Fault, Scope, Timestamp};
use turnpike_sdk::Response;

/// No wait is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// A wait that Slack does not name: its limits are by the minute.
const USUAL_WAIT: Duration = Duration::from_secs(60);
/// The workspace has sent too many messages: Slack does not say when that is over.
const MESSAGES_WAIT: Duration = Duration::from_secs(3600);
/// Limits are by the minute. Whoever is told to wait longer has used up more than a burst.
const BURST: Duration = Duration::from_secs(600);
/// Characters of Slack's details that an agent gets to see.
const LONGEST_DETAIL: usize = 300;

/// The code of a channel that is not there, or that the bot may not see.
pub(crate) const NO_CHANNEL: &str = "channel_not_found";
/// The code of a message that is not there.
pub(crate) const NO_THREAD: &str = "thread_not_found";
/// The codes of a member who is not there, or who may not be seen.
pub(crate) const NO_MEMBER: [&str; 2] = ["user_not_found", "user_not_visible"];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope {
    ok: Option<bool>,
    error: String,
    needed: Option<String>,
    provided: Option<String>,
    response_metadata: Details,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    messages: Vec<String>,
}

/// The fault that an answer tells of, if it tells of one.
pub(crate) fn classify(response: &Response, now: Timestamp) -> Option<Fault> {
    let envelope = serde_json::from_slice::<Envelope>(&response.body).ok();
    if response.status.is_success() && envelope.as_ref().is_some_and(|envelope| envelope.ok == Some(true)) {
        return None;
    }
    let envelope = envelope.unwrap_or_default();
    let after = response.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let (class, scope) = class_of(&envelope.error, response.status, after);
    let wait = match class {
        Class::QuotaDaily => Some(after.unwrap_or(MESSAGES_WAIT)),
        Class::RateStorm => Some(after.unwrap_or(USUAL_WAIT)),
        _ => None,
    };
    let message = envelope.message(class, response.status);
    Some(Fault {
        code: Some(envelope.error).filter(|word| !word.is_empty()),
        retry_at: wait.map(|wait| now.plus(wait.min(LONGEST_WAIT))),
        scope,
        request_id: response.header("x-slack-req-id").map(str::to_owned),
        ..Fault::new(class, message)
    })
}

fn class_of(word: &str, status: StatusCode, after: Option<Duration>) -> (Class, Scope) {
    match word {
        // Of an app that rotates its tokens only.
        "token_expired" => (Class::AuthExpired, Scope::App),
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "not_allowed_token_type"
        | "two_factor_setup_required" => (Class::AuthRevoked, Scope::App),
        "missing_scope"
        | "no_permission"
        | "not_in_channel"
        | "access_denied"
        | "accesslimited"
        | "user_is_restricted"
        | "ekm_access_denied"
        | "enterprise_is_restricted"
        | "team_access_not_granted"
        | "channel_is_limited_access"
        | "cant_update_message"
        | "not_authorized" => (Class::Permission, Scope::Account),
        word if word.starts_with("restricted_action") => (Class::Permission, Scope::Account),
        // "Members on this team are sending too many messages."
        "message_limit_exceeded" => (Class::QuotaDaily, Scope::Account),
        // For each method, workspace and app: requests say their method (`counted_as`) and their workspace.
        "ratelimited" | "rate_limited" => (class_of_wait(after), Scope::Account),
        "method_deprecated" | "deprecated_endpoint" | "unknown_method" => (Class::VersionDead, Scope::App),
        // The last two: the workspace is being moved to an enterprise organization.
        "fatal_error" | "internal_error" | "service_unavailable" | "org_login_required" | "team_added_to_org" => {
            (Class::Upstream, Scope::Account)
        }
        "" => match status {
            StatusCode::TOO_MANY_REQUESTS => (class_of_wait(after), Scope::Account),
            _ if status.is_client_error() => (Class::BadRequest, Scope::App),
            // A good status and no word: not an answer of Slack's.
            _ => (Class::Upstream, Scope::App),
        },
        _ if status.is_server_error() => (Class::Upstream, Scope::App),
        _ => (Class::BadRequest, Scope::Account),
    }
}

fn class_of_wait(after: Option<Duration>) -> Class {
    if after.is_some_and(|after| after > BURST) { Class::QuotaDaily } else { Class::RateStorm }
}

impl Envelope {
    /// What the word means here, for the caller. A failing server's words are not for callers.
    fn message(&self, class: Class, status: StatusCode) -> String {
        let word = self.error.as_str();
        let meaning = match word {
            _ if class == Class::Upstream => return "Slack failed to answer".to_owned(),
            "missing_scope" => return self.missing_scope(),
            "" => return format!("Slack refused the request with HTTP status {}", status.as_u16()),
            "not_in_channel" => {
                "the app's bot is not in this channel; a member of the channel types /invite and the app's name there"
            }
            NO_CHANNEL => "there is no such channel, or it is a private one that the app's bot is not in",
            NO_THREAD | "message_not_found" => "there is no such message in this channel",
            "user_not_found" | "user_not_visible" => "there is no such member, or the app may not see them",
            "is_archived" => "the channel is archived: it can be read, and nothing in it changes",
            "too_long" | "msg_too_long" => "the text is too long for Slack",
            "invalid_cursor" => "Slack no longer knows this place in the listing; start again without `cursor`",
            "user_is_restricted" | "ekm_access_denied" | "cant_update_message" => {
                "the workspace's settings do not let the app do this"
            }
            word if word.starts_with("restricted_action") => {
                "the workspace's settings do not let the app post here; an admin can allow it"
            }
            "accesslimited" => {
                "the workspace does not let its data be read from the address that this service calls from"
            }
            "message_limit_exceeded" => "the workspace is sending more messages than Slack lets it",
            _ if class == Class::AuthRevoked => {
                "Slack does not accept the bot's token: the app was removed, its token withdrawn, or the address that this \
                 service calls from is not among those that the app allows"
            }
            _ if matches!(class, Class::RateStorm | Class::QuotaDaily) => {
                "Slack lets this app call the method no more often in this workspace now"
            }
            _ if class == Class::VersionDead => "Slack has retired the method that this needs",
            _ => "Slack refused the request",
        };
        let details = self.response_metadata.messages.join("; ");
        let details: String = details.chars().take(LONGEST_DETAIL).collect();
        let colon = if details.is_empty() { "" } else { ": " };
        format!("{meaning} ({word}{colon}{details})")
    }

    fn missing_scope(&self) -> String {
        let needed = self.needed.as_deref().unwrap_or("one that Slack does not name");
        let provided = self.provided.as_deref().filter(|scopes| !scopes.is_empty());
        let has = provided.map_or_else(String::new, |scopes| format!("; it has {scopes}"));
        let has: String = has.chars().take(LONGEST_DETAIL).collect();
        format!(
            "the app lacks the permission {needed}{has}. An admin adds it to the bot's scopes, installs the app again, and \
             connects with the token that Slack shows then (missing_scope)"
        )
    }
}

#[cfg(test)]
mod tests;
