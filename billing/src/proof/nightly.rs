//! The proof of every day.

use turnpike_core::{ProofId, Timestamp};
use turnpike_store::{ProofRow, StoreError};

use super::Proof;
use crate::{
    Billing, BillingError,
    usage::{hour_of, hours_after},
};

/// So far back, in hours: a month and what its invoice waits for.
const BACK: i64 = 35 * 24;

/// So many of the last runs are looked through for one of today.
const LAST: i64 = 50;

impl Billing {
    /// Compares the last five weeks, once in a day of UTC, whichever replica comes first; none when it was done. Where a run was
    /// cut off, another begins in the next hour.
    pub async fn prove_nightly(&self, now: Timestamp) -> Result<Option<Proof>, BillingError> {
        let (until, system) = (hour_of(now), self.0.store.system());
        let since = hours_after(until, -BACK);
        let day = |at: Timestamp| at.to_utc().date_naive();
        let done = |run: &ProofRow| day(run.ran_at) == day(now) && run.since <= since;
        if system.list_proofs(LAST).await?.iter().any(done) {
            return Ok(None);
        }
        let Some(id) = id_of_hour(until) else { return Ok(None) };
        let begun = ProofRow { id, ran_at: now, since, until, differences: 0, report_json: String::new() };
        match system.insert_proof(&begun).await {
            Ok(()) => self.prove(since, until).await.map(Some),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The id of what begins in an hour, which every replica makes alike: a UUID of version 7 of that time.
fn id_of_hour(hour: Timestamp) -> Option<ProofId> {
    let millis = hour.micros() / 1_000;
    format!("{:08x}-{:04x}-7000-8000-000000000000", millis >> 16, millis & 0xffff).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::HOUR;

    #[test]
    fn each_hour_has_an_id() {
        let id = |hours| id_of_hour(Timestamp::from_micros(hours * HOUR));
        assert!(id(497_222).is_some());
        assert_ne!(id(497_222), id(497_223));
    }
}
