//! What the payment provider has told us: stored as it came, worked on afterwards.

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, row::table, value::words};

words! {
    /// What has become of an event.
    PaymentEventState {
        /// Stored.
        Received = "received",
        /// Worked on.
        Done = "done",
        /// Of a type, or of a form, that this version does not know; kept.
        Unknown = "unknown",
        /// Given up after many attempts.
        Failed = "failed",
    }
}

/// An event of the payment provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentEvent {
    /// The provider's id: what comes twice is stored once.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The connected account that it is about.
    pub account: Option<String>,
    /// The whole of it, as it came.
    pub payload_json: String,
    /// What has become of it.
    pub state: PaymentEventState,
    /// How often it was worked on.
    pub attempts: i64,
    /// Before this it is left alone.
    pub next_attempt_at: Timestamp,
    /// What the last attempt failed of.
    pub reason: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// When its state became final.
    pub settled_at: Option<Timestamp>,
}

table!(PaymentEvent {
    id,
    kind,
    account,
    payload_json,
    state,
    attempts,
    next_attempt_at,
    reason,
    received_at,
    settled_at,
});

impl SystemStore {
    /// Stores an event; false when it is stored already.
    pub async fn insert_payment_event(&self, row: &PaymentEvent) -> Result<bool, StoreError> {
        let sql = concat!(
            "INSERT INTO payment_events (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING"
        );
        self.0.changes(sql, &columns!(row)).await
    }

    /// Takes the next event to work on: until `until` nobody else gets it.
    pub async fn take_payment_event(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<PaymentEvent>, StoreError> {
        let sql = concat!(
            "UPDATE payment_events SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (",
            "SELECT id FROM payment_events WHERE state = 'received' AND next_attempt_at <= $1 ",
            "ORDER BY next_attempt_at, received_at, id LIMIT 1) AND state = 'received' AND next_attempt_at <= $1 RETURNING ",
            columns!()
        );
        self.0.take(sql, &[&now, &until]).await
    }

    /// Notes what has become of an event.
    pub async fn settle_payment_event(
        &self,
        id: &str,
        state: PaymentEventState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE payment_events SET state = $2, reason = $3, settled_at = $4 WHERE id = $1";
        self.0.update("payment event", sql, &[&id, &state, &reason, &now]).await
    }

    /// Leaves an event for later.
    pub async fn put_off_payment_event(&self, id: &str, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let sql = "UPDATE payment_events SET next_attempt_at = $2, reason = $3 WHERE id = $1";
        self.0.update("payment event", sql, &[&id, &until, &reason]).await
    }

    /// The last events, newest first.
    pub async fn list_payment_events(&self, limit: i64) -> Result<Vec<PaymentEvent>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM payment_events ORDER BY received_at DESC, id DESC LIMIT $1");
        self.0.list(sql, &[&limit]).await
    }

    /// Forgets the events that came before; what they said stands elsewhere.
    pub async fn delete_old_payment_events(&self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM payment_events WHERE received_at < $1 AND state <> 'received'";
        self.0.execute(sql, &[&before]).await
    }
}
