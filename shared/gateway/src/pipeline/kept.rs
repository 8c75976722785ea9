//! Answers kept for a while, for tools that declare how old one may be.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde_json::Value;
use turnpike_core::{ConnectionId, Outcome, TenantId, Timestamp};
use turnpike_metering::{LedgerError, Price};

use super::{Answer, Call, Refusal, Shown};
use crate::{Gateway, gateway::Connected};

/// No tool keeps answers for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Tenant and connection first: no answer ever crosses between them. The instant is the connection's last change.
type Key = (TenantId, ConnectionId, Timestamp, String);

/// The kept answers of this process.
pub(crate) struct KeptAnswers(Cache<Key, Arc<(Timestamp, Value)>>);

impl Default for KeptAnswers {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(5_000).time_to_live(LONGEST).build())
    }
}

fn key(call: &Call, connected: &Connected) -> Key {
    (call.caller.tenant, connected.connection.id, connected.updated_at, call.digest.clone())
}

impl Gateway {
    /// A kept answer to the same question, if it is young enough.
    pub(super) fn find_kept(&self, call: &Call, connected: &Connected) -> Option<Answer> {
        let oldest = call.began.minus(call.found.spec().cache?);
        let kept = self.kept.0.get(&key(call, connected)).filter(|kept| kept.0 >= oldest)?;
        let outcome = if connected.connection.sandbox { Outcome::Sandbox } else { Outcome::Cached };
        Some(Answer { outcome, value: kept.1.clone(), kept_since: Some(kept.0) })
    }

    /// Keeps an answer that the tool allows to be kept, that was given, and that is not a kept one itself.
    pub(super) fn keep(&self, call: &Call, result: &Result<Shown, Refusal>, recorded: &Result<Price, LedgerError>) {
        let (Some(_), Some(connected)) = (call.found.spec().cache, &call.connected) else { return };
        if let (Ok(Shown { answer, .. }), Ok(_), None) = (result, recorded, &call.job)
            && answer.kept_since.is_none()
        {
            self.kept.0.insert(key(call, connected), Arc::new((call.began, answer.value.clone())));
        }
    }
}
