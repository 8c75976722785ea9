//! Which credentials are to be renewed before anybody asks for them.

use turnpike_core::{ConnectionId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::from_row};

/// Which credentials of an integration are wanted: those to which any of these instants applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareWanted<'a> {
    /// The integration.
    pub integration: &'a str,
    /// The access token ends by then, and a call has used it since `used_since`.
    pub access_ends_by: Timestamp,
    /// A call has used it then or later.
    pub used_since: Timestamp,
    /// It was stored by then.
    pub stored_by: Timestamp,
    /// The grant is expected to end by then.
    pub ends_by: Timestamp,
}

/// What is known of a credential without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CareRow {
    /// The connection that it opens.
    pub connection_id: ConnectionId,
    /// It is good at the integration's sandbox.
    pub sandbox: bool,
    /// Counts its replacements.
    pub generation: i64,
    /// When its access token ends, if it has one.
    pub access_expires_at: Option<Timestamp>,
    /// When a call last had it, to the hour.
    pub leased_at: Option<Timestamp>,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// When the grant is expected to end, where that is known.
    pub predicted_end: Option<Timestamp>,
}

/// When a connection's credential was last replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The connection.
    pub connection_id: ConnectionId,
    /// When.
    pub stored_at: Timestamp,
}

from_row!(CareRow { connection_id, sandbox, generation, access_expires_at, leased_at, stored_at, predicted_end });
from_row!(Refreshed { connection_id, stored_at });

impl TenantStore {
    /// Notes that a call has a credential given out, unless that was noted after `unless_since`; whether it was not.
    pub async fn note_lease(
        &self,
        connection_id: ConnectionId,
        now: Timestamp,
        unless_since: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET leased_at = $3 WHERE tenant_id = $1 AND connection_id = $2 \
                   AND (leased_at IS NULL OR leased_at <= $4)";
        self.0.changes(sql, &[&connection_id, &now, &unless_since]).await
    }

    /// When each connection's credential was last replaced; nothing of those that have none.
    pub async fn list_refreshed(&self) -> Result<Vec<Refreshed>, StoreError> {
        let sql = "SELECT connection_id, updated_at AS stored_at FROM credentials WHERE tenant_id = $1";
        self.0.list(sql, &[]).await
    }
}

impl SystemStore {
    /// The credentials that are wanted, of connections that work: none that asks for a person, is switched off, or only
    /// waits to be taken back.
    pub async fn list_credentials_to_care_for(
        &self,
        wanted: &CareWanted<'_>,
    ) -> Result<Vec<(TenantId, CareRow)>, StoreError> {
        let sql = "SELECT credentials.tenant_id, connection_id, sandbox, generation, access_expires_at, leased_at, \
                   credentials.updated_at AS stored_at, predicted_end FROM credentials \
                   JOIN connections ON connections.tenant_id = credentials.tenant_id AND connections.id = connection_id \
                   WHERE integration = $1 AND state IN ('ok', 'expiring') AND revoke_at IS NULL \
                   AND ((access_expires_at <= $2 AND leased_at >= $3) OR credentials.updated_at <= $4 OR predicted_end <= $5) \
                   ORDER BY credentials.tenant_id, connection_id";
        let CareWanted { integration, access_ends_by, used_since, stored_by, ends_by } = wanted;
        self.0.list(sql, &[integration, access_ends_by, used_since, stored_by, ends_by]).await
    }

    /// When each tenant's credentials were last replaced.
    pub async fn list_all_refreshed(&self) -> Result<Vec<(TenantId, Refreshed)>, StoreError> {
        self.0.list("SELECT tenant_id, connection_id, updated_at AS stored_at FROM credentials", &[]).await
    }
}
