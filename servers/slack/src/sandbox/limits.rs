//! How often a method may be called in a minute, for each workspace and app. <https://docs.slack.dev/apis/web-api/rate-limits>

use std::{collections::HashMap, time::Duration};

use turnpike_core::Timestamp;

use super::refusal::Refusal;

const MINUTE: Duration = Duration::from_secs(60);

/// The calls of the last minute, by method.
#[derive(Default)]
pub(super) struct Limits(HashMap<&'static str, Vec<Timestamp>>);

impl Limits {
    /// Counts a call; refuses it when the minute's calls are used up.
    pub(super) fn count(&mut self, method: &'static str, now: Timestamp) -> Result<(), Refusal> {
        let most = most(method);
        let calls = self.0.entry(method).or_default();
        calls.retain(|at| at.plus(MINUTE) > now);
        match calls.first() {
            Some(first) if calls.len() >= most => Err(Refusal::limited(first.plus(MINUTE).since(now).as_secs().max(1))),
            _ => {
                calls.push(now);
                Ok(())
            }
        }
    }
}

/// Tiers 2, 3 and 4, and what apps that are sold outside the marketplace may do.
fn most(method: &str) -> usize {
    match method {
        "conversations.history" | "conversations.replies" => 1,
        "conversations.list" | "users.list" | "conversations.setTopic" => 20,
        "users.info" => 100,
        "auth.test" => 300,
        _ => 50,
    }
}
