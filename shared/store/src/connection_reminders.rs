//! What owners and admins are told about connections that end or have broken.
//!
//! A reminder is taken for some minutes, mailed, and only then noted as told: a process that dies between leaves one that
//! another takes up. Whom a mail has reached already is not written again.

use turnpike_core::{ConnectionId, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{Scalar, from_row},
};

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// Of which connection.
    pub connection_id: ConnectionId,
    /// The end that is foretold; of a connection that has broken, when the credential was stored that has ended.
    pub about: Timestamp,
    /// So many days before; nought of one that has broken.
    pub days: i64,
}

/// A connection whose end is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingConnection {
    /// Its id.
    pub connection_id: ConnectionId,
    /// The integration.
    pub integration: String,
    /// When it is expected to end.
    pub predicted_end: Timestamp,
    /// The fewest days before that end of which all have been told.
    pub told_days: Option<i64>,
}

/// A connection that asks for a person, which nobody was told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenConnection {
    /// Its id.
    pub connection_id: ConnectionId,
    /// The integration.
    pub integration: String,
    /// Why, for people.
    pub reason: Option<String>,
    /// When the credential was stored that has ended.
    pub stored_at: Timestamp,
}

/// The first connection to a vendor that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstEnd {
    /// The integration.
    pub integration: String,
    /// When it is expected to end.
    pub predicted_end: Timestamp,
}

from_row!(FirstEnd { integration, predicted_end });
from_row!(EndingConnection { connection_id, integration, predicted_end, told_days });
from_row!(BrokenConnection { connection_id, integration, reason, stored_at });

impl TenantStore {
    /// Takes a reminder until an instant and says whom a mail of it has reached; nothing when another has it, or all know.
    pub async fn take_reminder(
        &self,
        reminder: &Reminder,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let sql = "INSERT INTO connection_reminders (tenant_id, connection_id, about, days, told, taken_until) \
                   VALUES ($1, $2, $3, $4, '[]', $6) ON CONFLICT (tenant_id, connection_id, about, days) \
                   DO UPDATE SET taken_until = excluded.taken_until \
                   WHERE connection_reminders.told_at IS NULL AND connection_reminders.taken_until <= $5 \
                   RETURNING told AS value";
        let Reminder { connection_id, about, days } = reminder;
        let taken = self.0.take(sql, &[connection_id, about, days, &now, &until]).await;
        let taken: Option<Scalar<Vec<String>>> = taken.map_err(|error| error.of_insert("reminder"))?;
        Ok(taken.map(|Scalar(told)| told))
    }

    /// Notes whom mails of a reminder have reached and, once that is everybody, when.
    pub async fn update_reminder(
        &self,
        reminder: &Reminder,
        told: &[String],
        told_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connection_reminders SET told = $5, told_at = $6 \
                   WHERE tenant_id = $1 AND connection_id = $2 AND about = $3 AND days = $4";
        let Reminder { connection_id, about, days } = reminder;
        self.0.changes(sql, &[connection_id, about, days, &told.to_vec(), &told_at]).await
    }
}

impl SystemStore {
    /// The connections to vendors that work and are expected to end after `now`, and by `until`.
    pub async fn list_ending_connections(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, EndingConnection)>, StoreError> {
        let sql = "SELECT tenant_id, id AS connection_id, integration, predicted_end, (SELECT MIN(days) \
                   FROM connection_reminders AS told WHERE told.tenant_id = connections.tenant_id \
                   AND told.connection_id = connections.id AND about = predicted_end AND days > 0 AND told_at IS NOT NULL) \
                   AS told_days FROM connections WHERE state IN ('ok', 'expiring') AND NOT sandbox \
                   AND predicted_end > $1 AND predicted_end <= $2 ORDER BY tenant_id, id";
        self.0.list(sql, &[&now, &until]).await
    }

    /// The first of those ends, by integration.
    pub async fn list_first_ends(&self, now: Timestamp, until: Timestamp) -> Result<Vec<FirstEnd>, StoreError> {
        let sql = "SELECT integration, MIN(predicted_end) AS predicted_end FROM connections WHERE state IN ('ok', 'expiring') \
                   AND NOT sandbox AND predicted_end > $1 AND predicted_end <= $2 GROUP BY integration ORDER BY integration";
        self.0.list(sql, &[&now, &until]).await
    }

    /// The connections to vendors that have asked for a person since `since`, and by `until`, of which not everybody has been
    /// told.
    pub async fn list_broken_connections(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, BrokenConnection)>, StoreError> {
        let sql = "SELECT connections.tenant_id, id AS connection_id, integration, reason, credentials.updated_at AS stored_at \
                   FROM connections JOIN credentials ON credentials.tenant_id = connections.tenant_id \
                   AND credentials.connection_id = id WHERE state = 'reconnect_needed' AND NOT sandbox \
                   AND revoke_at IS NULL AND connections.updated_at >= $1 AND connections.updated_at <= $2 \
                   AND NOT EXISTS (SELECT 1 FROM connection_reminders AS told \
                   WHERE told.tenant_id = connections.tenant_id AND told.connection_id = connections.id \
                   AND about = credentials.updated_at AND days = 0 AND told_at IS NOT NULL) \
                   ORDER BY connections.tenant_id, id";
        self.0.list(sql, &[&since, &until]).await
    }
}
