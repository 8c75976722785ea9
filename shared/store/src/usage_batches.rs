//! Usage, summed up by the hour for the payment provider. What a batch sums up never changes.

use turnpike_core::{CallId, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{Scalar, from_row, table},
    value::words,
};

words! {
    /// What has become of a batch.
    BatchState {
        /// Summed up, and not sent.
        Sealed = "sealed",
        /// Sent at least once, without an answer that settles it.
        Sending = "sending",
        /// The payment provider has it.
        Accepted = "accepted",
        /// The payment provider has refused it, at once or later.
        Rejected = "rejected",
        /// Sent too long ago to be sent again blindly: the provider's sums must tell.
        Uncertain = "uncertain",
        /// Too late for the provider's meter: charged by an item of an invoice.
        Invoiced = "invoiced",
        /// Given up by the operator's decision.
        WrittenOff = "written_off",
    }
}

/// A batch of usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageBatch {
    /// When its hour, or its part of an hour, begins.
    pub window_start: Timestamp,
    /// Counts the batches of that hour from nought: what came late is the next.
    pub sequence: i64,
    /// When it ends.
    pub window_end: Timestamp,
    /// The sum.
    pub units: i64,
    /// Of so many calls.
    pub calls: i64,
    /// What has become of it.
    pub state: BatchState,
    /// By which the payment provider knows it again.
    pub identifier: String,
    /// When it was summed up.
    pub sealed_at: Timestamp,
    /// When it was sent first.
    pub first_attempt_at: Option<Timestamp>,
    /// How often it was sent.
    pub attempts: i64,
    /// Before this it is not sent again.
    pub next_attempt_at: Timestamp,
    /// Until then one worker has it for itself.
    pub leased_until: Option<Timestamp>,
    /// When its state became final.
    pub settled_at: Option<Timestamp>,
    /// Why it is not accepted.
    pub reason: Option<String>,
}

/// What the ledger has of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedHour {
    /// When it begins.
    pub hour: Timestamp,
    /// The units.
    pub units: i64,
    /// Of so many calls.
    pub calls: i64,
}

from_row!(UsedHour { hour, units, calls });

/// What the batches of a period have counted, and until when.
struct Batched {
    units: i64,
    sealed_until: Timestamp,
}

from_row!(Batched { units, sealed_until });

table!(UsageBatch {
    window_start,
    sequence,
    window_end,
    units,
    calls,
    state,
    identifier,
    sealed_at,
    first_attempt_at,
    attempts,
    next_attempt_at,
    leased_until,
    settled_at,
    reason,
});

impl TenantStore {
    /// The batches whose windows begin at `since` or later and before `until`, oldest first.
    pub async fn list_usage_batches(&self, since: Timestamp, until: Timestamp) -> Result<Vec<UsageBatch>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM usage_batches WHERE tenant_id = $1 AND window_start >= $2 AND window_start < $3 ",
            "ORDER BY window_start, sequence"
        );
        self.0.list(sql, &[&since, &until]).await
    }

    /// Sums up what was begun in the window, costs something and is in no batch; none when there is nothing. Of two workers one
    /// gets a conflict, and nothing of what it did stays.
    pub async fn seal_usage(
        &self,
        window: (Timestamp, Timestamp),
        identify: impl Fn(i64) -> String + Send,
        now: Timestamp,
    ) -> Result<Option<UsageBatch>, StoreError> {
        let (window_start, window_end) = window;
        let mut all = self.0.begin().await?;
        let next = "SELECT COUNT(*) AS value FROM usage_batches WHERE tenant_id = $1 AND window_start = $2";
        let sequence = all.find(next, &[&window_start]).await?.map_or(0, |Scalar(count)| count);
        let take = "INSERT INTO batched_calls (tenant_id, call_id, window_start, sequence) \
                    SELECT tenant_id, call_id, $2, $4 FROM calls WHERE tenant_id = $1 AND started_at >= $2 \
                    AND started_at < $3 AND units > 0 AND NOT EXISTS (SELECT 1 FROM batched_calls AS known \
                    WHERE known.tenant_id = calls.tenant_id AND known.call_id = calls.call_id)";
        if !all.insert("usage batch", take, &[&window_start, &window_end, &sequence]).await? {
            return Ok(None);
        }
        let identifier = identify(sequence);
        let seal = "INSERT INTO usage_batches (tenant_id, window_start, sequence, window_end, units, calls, state, identifier, \
                    sealed_at, next_attempt_at) SELECT $1, $2, $4, $3, CAST(SUM(units) AS BIGINT), COUNT(*), $6, $5, $7, $7 \
                    FROM calls WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND call_id IN (SELECT call_id FROM batched_calls \
                    WHERE tenant_id = $1 AND window_start = $2 AND sequence = $4)";
        let arguments: [&dyn crate::value::Argument; 6] =
            [&window_start, &window_end, &sequence, &identifier, &BatchState::Sealed, &now];
        all.insert("usage batch", seal, &arguments).await?;
        let sealed = concat!(
            "SELECT ",
            columns!(),
            " FROM usage_batches WHERE tenant_id = $1 AND window_start = $2 AND sequence = $3"
        );
        let sealed = all.find(sealed, &[&window_start, &sequence]).await?;
        all.commit().await?;
        Ok(sealed)
    }

    /// Notes what has become of a batch that is in the state `before`; false when it is not any more.
    pub async fn settle_usage_batch(
        &self,
        batch: (Timestamp, i64),
        before: BatchState,
        after: BatchState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (window_start, sequence) = batch;
        let sql = "UPDATE usage_batches SET state = $5, reason = $6, settled_at = $7, leased_until = NULL \
                   WHERE tenant_id = $1 AND window_start = $2 AND sequence = $3 AND state = $4";
        self.0.changes(sql, &[&window_start, &sequence, &before, &after, &reason, &now]).await
    }

    /// Lets a batch that is in the state `before` be sent from the beginning, by that identifier; false when it is not any more.
    pub async fn reopen_usage_batch(
        &self,
        batch: (Timestamp, i64),
        before: BatchState,
        identifier: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (window_start, sequence) = batch;
        let sql = "UPDATE usage_batches SET state = 'sealed', identifier = $5, first_attempt_at = NULL, attempts = 0, \
                   next_attempt_at = $6, leased_until = NULL, settled_at = NULL \
                   WHERE tenant_id = $1 AND window_start = $2 AND sequence = $3 AND state = $4";
        self.0.changes(sql, &[&window_start, &sequence, &before, &identifier, &now]).await
    }

    /// Leaves a batch that is in the state `before` alone until an instant, and says why; false when it is not any more.
    pub async fn postpone_usage_batch(
        &self,
        batch: (Timestamp, i64),
        before: BatchState,
        until: Timestamp,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let (window_start, sequence) = batch;
        let sql = "UPDATE usage_batches SET next_attempt_at = $5, reason = $6 \
                   WHERE tenant_id = $1 AND window_start = $2 AND sequence = $3 AND state = $4";
        self.0.changes(sql, &[&window_start, &sequence, &before, &until, &reason]).await
    }

    /// Units and calls that cost something, by the hour in which the calls were begun, oldest first.
    pub async fn list_used_hours(&self, since: Timestamp, until: Timestamp) -> Result<Vec<UsedHour>, StoreError> {
        let sql = "SELECT started_at - started_at % 3600000000 AS hour, CAST(SUM(units) AS BIGINT) AS units, COUNT(*) AS calls \
                   FROM calls WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND units > 0 GROUP BY 1 ORDER BY 1";
        self.0.list(sql, &[&since, &until]).await
    }

    /// Units used at `since` or later: those of the batches, and those of the calls that no batch has counted yet.
    pub async fn units_used(&self, since: Timestamp) -> Result<i64, StoreError> {
        // Two statements, so that the second is planned with the instant that the first has found: the last hour or two, and not the
        // whole period. A batch that is sealed in between changes nothing: its calls are among those of
        // the second.
        let batched = "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS units, COALESCE(MAX(window_end), $2) AS sealed_until \
                       FROM usage_batches WHERE tenant_id = $1 AND window_start >= $2";
        let batched =
            self.0.find::<Batched>(batched, &[&since]).await?.unwrap_or(Batched { units: 0, sealed_until: since });
        let open = "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS value FROM calls \
                    WHERE tenant_id = $1 AND started_at >= $2 AND units > 0";
        Ok(batched.units + self.0.find(open, &[&batched.sealed_until]).await?.map_or(0, |Scalar(units)| units))
    }

    /// Units of the calls begun at `since` or later and before `until`, by the ledger.
    pub async fn units_between(&self, since: Timestamp, until: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(COALESCE(SUM(units), 0) AS BIGINT) AS value FROM calls \
                   WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 AND units > 0";
        Ok(self.0.find(sql, &[&since, &until]).await?.map_or(0, |Scalar(units)| units))
    }

    /// The batch that has counted a call: when its window begins, and its number.
    pub async fn find_batch_of_call(&self, call: CallId) -> Result<Option<UsageBatch>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM usage_batches WHERE tenant_id = $1 AND (window_start, sequence) IN ",
            "(SELECT window_start, sequence FROM batched_calls WHERE tenant_id = $1 AND call_id = $2)"
        );
        self.0.find(sql, &[&call]).await
    }
}

impl SystemStore {
    /// The hours in which calls were begun that cost something and are in no batch. It goes by tenant, for which there is an
    /// index.
    pub async fn list_unsealed_hours(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, Timestamp)>, StoreError> {
        let sql = "SELECT DISTINCT calls.tenant_id, started_at - started_at % 3600000000 AS value FROM tenants \
                   JOIN calls ON calls.tenant_id = tenants.id WHERE started_at >= $1 AND started_at < $2 AND units > 0 \
                   AND NOT EXISTS (SELECT 1 FROM batched_calls AS known \
                   WHERE known.tenant_id = calls.tenant_id AND known.call_id = calls.call_id) ORDER BY 2, 1";
        let rows = self.0.list(sql, &[&since, &until]).await?;
        Ok(rows.into_iter().map(|(tenant, Scalar(hour))| (tenant, hour)).collect())
    }

    /// Takes the next batch to send for one worker until `until`, and notes the attempt. One of a tenant at a time: while one
    /// is leased, no other is given out. Those of a tenant that is no customer of the payment provider wait.
    pub async fn lease_usage_batch(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(TenantId, UsageBatch)>, StoreError> {
        let sql = concat!(
            "UPDATE usage_batches SET state = 'sending', leased_until = $2, attempts = attempts + 1, ",
            "first_attempt_at = COALESCE(first_attempt_at, $1) WHERE (tenant_id, window_start, sequence) IN (",
            "SELECT tenant_id, window_start, sequence FROM usage_batches AS due ",
            "WHERE state IN ('sealed', 'sending') AND next_attempt_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) ",
            "AND NOT EXISTS (SELECT 1 FROM usage_batches AS other WHERE other.tenant_id = due.tenant_id ",
            "AND other.leased_until > $1) AND EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.tenant_id = due.tenant_id ",
            "AND subscriptions.customer_id IS NOT NULL) ORDER BY next_attempt_at, window_start, sequence LIMIT 1) ",
            "AND state IN ('sealed', 'sending') AND (leased_until IS NULL OR leased_until <= $1) RETURNING tenant_id, ",
            columns!()
        );
        self.0.take(sql, &[&now, &until]).await
    }

    /// Gives a leased batch back, to be sent again later. Until then nothing else of its tenant is sent either: what went wrong
    /// would go wrong again.
    pub async fn release_usage_batch(
        &self,
        tenant: TenantId,
        batch: (Timestamp, i64),
        next_attempt_at: Timestamp,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (window_start, sequence) = batch;
        let sql = "UPDATE usage_batches SET leased_until = $4, next_attempt_at = $4, reason = $5 \
                   WHERE tenant_id = $1 AND window_start = $2 AND sequence = $3 AND state = 'sending'";
        self.0.execute(sql, &[&tenant, &window_start, &sequence, &next_attempt_at, &reason]).await.map(drop)
    }

    /// When the oldest batch was sealed of which it is not known that the payment provider has it; of a tenant that is its
    /// customer.
    pub async fn find_oldest_undelivered(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(sealed_at) AS value FROM usage_batches AS due WHERE state IN ('sealed', 'sending', 'uncertain') \
                   AND EXISTS (SELECT 1 FROM subscriptions WHERE subscriptions.tenant_id = due.tenant_id \
                   AND subscriptions.customer_id IS NOT NULL)";
        Ok(self.0.find::<Scalar<Option<Timestamp>>>(sql, &[]).await?.and_then(|Scalar(at)| at))
    }

    /// A batch by its identifier.
    pub async fn find_usage_batch(&self, identifier: &str) -> Result<Option<(TenantId, UsageBatch)>, StoreError> {
        let sql = concat!("SELECT tenant_id, ", columns!(), " FROM usage_batches WHERE identifier = $1");
        self.0.find(sql, &[&identifier]).await
    }

    /// All batches in that state, oldest first.
    pub async fn list_usage_batches_in(
        &self,
        state: BatchState,
        limit: i64,
    ) -> Result<Vec<(TenantId, UsageBatch)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM usage_batches WHERE state = $1 ORDER BY window_start, tenant_id, sequence LIMIT $2"
        );
        self.0.list(sql, &[&state, &limit]).await
    }
}
