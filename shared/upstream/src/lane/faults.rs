//! What a request that was not sent, or not answered as it should be, is told as.

use serde::de::IgnoredAny;
use turnpike_breaker::{Key, Stopped};
use turnpike_core::{Class, Fault, Scope, Timestamp, WireError};
use turnpike_sdk::{Effect, Response};

/// Says nothing about the grant, and does not count as the upstream's failure either.
pub(super) fn not_settled(fault: Fault, retry_at: Timestamp) -> Fault {
    let message = "the upstream does not take the new access token yet; a fresh one needs some seconds";
    let (message, retry_at, scope) = (message.into(), Some(retry_at), Scope::Connection);
    Fault { class: Class::Upstream, message, retry_at, scope, ..fault }
}

/// Whether waiting helps: it does not when a version is dead or a token is refused that has just been renewed.
pub(super) fn mends_itself(class: Class) -> bool {
    !matches!(class, Class::VersionDead | Class::AuthExpired)
}

pub(super) fn stopped(stopped: Stopped, keys: &[Key]) -> Fault {
    match stopped {
        Stopped::Held { at, class, until } => {
            let scope = keys.get(at).map_or(Scope::App, scope_of);
            match mends_itself(class) {
                true => Fault {
                    retry_at: Some(until),
                    scope,
                    ..Fault::new(class, "the upstream asked us to wait; nothing was sent")
                },
                false => {
                    Fault { scope, ..Fault::new(class, "the upstream has just refused the like; nothing was sent") }
                }
            }
        }
        Stopped::Open { until } => Fault {
            retry_at: Some(until),
            code: Some("breaker_open".into()),
            ..Fault::new(Class::Upstream, "the upstream keeps failing, so nothing was sent")
        },
    }
}

/// An answer that calls itself JSON and is none, such as one that was cut off: the upstream's failure like any other, and of a
/// write as good as no answer.
pub(super) fn broken_json(response: &Response, effect: Effect) -> Option<Fault> {
    let is_json = response.header("content-type").is_some_and(|kind| kind.contains("json"));
    if !is_json || response.body.is_empty() {
        return None;
    }
    let fault = response.json::<IgnoredAny>().err()?;
    Some(Fault { unanswered: effect == Effect::Write, ..fault })
}

fn scope_of(key: &Key) -> Scope {
    match key.part.split('/').next() {
        Some("account") => Scope::Account,
        Some("connection" | "credential") => Scope::Connection,
        Some("host") => Scope::Address,
        _ => Scope::App,
    }
}

pub(super) fn not_answered(error: WireError, effect: Effect) -> Fault {
    if error == WireError::TooLarge && effect == Effect::Read {
        return Fault::new(Class::BadRequest, format!("{error}; ask for fewer rows, fewer days or fewer fields"));
    }
    let unanswered = effect == Effect::Write && error.may_have_acted();
    Fault { unanswered, ..Fault::new(Class::Upstream, error.to_string()) }
}
