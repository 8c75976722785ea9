//! Answers kept for a while: given again to the same question while they are fresh, and shown in place of an answer, marked
//! as what they are, while the upstream cannot be had.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use turnpike_core::{ConnectionId, Outcome, TenantId, Timestamp};
use turnpike_metering::LedgerError;
use turnpike_sdk::Access;

use super::{Answer, Call, Refusal, Shown, cost::Charged};
use crate::{Gateway, gateway::Connected};

/// No answer is kept for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// What all kept answers together may take, in bytes.
const ROOM: u64 = 64 << 20;
/// What an entry takes besides its text, in bytes; rather too much than too little.
const ENTRY: usize = 512;

/// Tenant and connection first: no answer ever crosses between them. The instant is the last change of the connection, its
/// accounts or its state: what was answered before is no longer given. The credential's generation would not do, for every
/// refresh of an access token moves it.
type Key = (TenantId, ConnectionId, Timestamp, String);

/// An answer as it was shown.
struct Kept {
    made_at: Timestamp,
    json: String,
}

/// The kept answers of this process.
pub(crate) struct KeptAnswers(Cache<Key, Arc<Kept>>);

impl Default for KeptAnswers {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl KeptAnswers {
    fn with_room(room: u64) -> Self {
        let weight = |_: &Key, kept: &Arc<Kept>| u32::try_from(kept.json.len() + ENTRY).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weight).max_capacity(room).time_to_live(LONGEST).build())
    }
}

fn key(call: &Call, connected: &Connected) -> Key {
    (call.caller.tenant, connected.connection.id, connected.updated_at, call.digest.clone())
}

/// How old an answer of this tool may be that is shown to this tenant while the upstream cannot be had.
fn oldest_stale(call: &Call) -> Option<Duration> {
    let spec = call.found.spec();
    let oldest = spec.stale?.min(call.caller.stale_answers?);
    (spec.access == Access::Read).then_some(oldest)
}

impl Gateway {
    /// A kept answer to the same question, if it is fresh enough.
    pub(super) fn find_kept(&self, call: &Call, connected: &Connected) -> Option<Answer> {
        self.answer_again(call, connected, call.found.spec().cache?, Outcome::Cached)
    }

    /// An earlier answer in place of a failure of the upstream, where tool and tenant allow one; else the failure. What is
    /// believed of the connection is not enough here: an answer from before its last change may no longer be shown.
    pub(super) async fn find_stale(
        &self,
        call: &mut Call,
        connected: &Connected,
        failure: Refusal,
    ) -> Result<Answer, Refusal> {
        let oldest = oldest_stale(call).filter(|_| failure.is_outage());
        let answer = oldest.and_then(|oldest| self.answer_again(call, connected, oldest, Outcome::Stale));
        let Some(answer) = answer else { return Err(failure) };
        let present = self.look_up_connection(call.caller.tenant, call.found.manifest().name).await;
        if !present.is_ok_and(|present| present.is_some_and(|now| now.updated_at == connected.updated_at)) {
            return Err(failure);
        }
        call.failure = Some(failure);
        Ok(answer)
    }

    fn answer_again(&self, call: &Call, connected: &Connected, oldest: Duration, outcome: Outcome) -> Option<Answer> {
        let kept = self.kept.0.get(&key(call, connected))?;
        if self.ambient.now().since(kept.made_at) > oldest {
            return None;
        }
        let outcome = if connected.connection.sandbox { Outcome::Sandbox } else { outcome };
        Some(Answer { outcome, value: serde_json::from_str(&kept.json).ok()?, kept_since: Some(kept.made_at) })
    }

    /// Keeps an answer that may be given again, that was given, that is whole, and that is not a kept one itself.
    pub(super) fn keep(&self, call: &Call, result: &Result<Shown, Refusal>, recorded: &Result<Charged, LedgerError>) {
        let wanted = call.found.spec().cache.is_some() || oldest_stale(call).is_some();
        let (true, Some(connected), Ok(shown), Ok(_)) = (wanted, &call.connected, result, recorded) else { return };
        if shown.answer.kept_since.is_none() && call.job.is_none() {
            let kept = Kept { made_at: call.began, json: shown.text.clone() };
            self.kept.0.insert(key(call, connected), Arc::new(kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::Ambient;

    use super::*;

    #[test]
    fn kept_answers_take_no_more_than_their_room_however_long_they_are() {
        let (kept, ambient) = (KeptAnswers::with_room(1_000_000), Ambient::system());
        for length in (0..100).map(|n| n * 1_000) {
            let key = (ambient.id(), ambient.id(), ambient.now(), "digest".into());
            kept.0.insert(key, Arc::new(Kept { made_at: ambient.now(), json: "x".repeat(length) }));
        }
        kept.0.run_pending_tasks();
        assert!((500_000..=1_000_000).contains(&kept.0.weighted_size()), "{} bytes", kept.0.weighted_size());
    }
}
