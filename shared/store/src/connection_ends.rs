//! Connections that end soon, and those that have broken.

use turnpike_core::{ConnectionId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, row::from_row};

/// A connection whose end is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingConnection {
    /// Its id.
    pub connection_id: ConnectionId,
    /// The integration.
    pub integration: String,
    /// When it is expected to end.
    pub predicted_end: Timestamp,
}

/// A connection that asks for a person.
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
from_row!(EndingConnection { connection_id, integration, predicted_end });
from_row!(BrokenConnection { connection_id, integration, reason, stored_at });

impl SystemStore {
    /// The connections to vendors that work and are expected to end after `now`, and by `until`.
    pub async fn list_ending_connections(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, EndingConnection)>, StoreError> {
        let sql = "SELECT tenant_id, id AS connection_id, integration, predicted_end FROM connections \
                   WHERE state IN ('ok', 'expiring') AND NOT sandbox AND predicted_end > $1 AND predicted_end <= $2 \
                   ORDER BY tenant_id, id";
        self.0.list(sql, &[&now, &until]).await
    }

    /// The first of those ends, by integration.
    pub async fn list_first_ends(&self, now: Timestamp, until: Timestamp) -> Result<Vec<FirstEnd>, StoreError> {
        let sql = "SELECT integration, MIN(predicted_end) AS predicted_end FROM connections WHERE state IN ('ok', 'expiring') \
                   AND NOT sandbox AND predicted_end > $1 AND predicted_end <= $2 GROUP BY integration ORDER BY integration";
        self.0.list(sql, &[&now, &until]).await
    }

    /// The connections to vendors that have asked for a person since `since`, and by `until`.
    pub async fn list_broken_connections(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, BrokenConnection)>, StoreError> {
        let sql = "SELECT connections.tenant_id, id AS connection_id, integration, reason, credentials.updated_at AS stored_at \
                   FROM connections JOIN credentials ON credentials.tenant_id = connections.tenant_id \
                   AND credentials.connection_id = id WHERE state = 'reconnect_needed' AND NOT sandbox \
                   AND revoke_at IS NULL AND connections.updated_at >= $1 AND connections.updated_at <= $2 \
                   ORDER BY connections.tenant_id, id";
        self.0.list(sql, &[&since, &until]).await
    }
}
