//! A tenant's grants to SaaS accounts; what they are sealed with is in `credentials`.

use turnpike_core::{ConnectionId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table, value::words};

words! {
    /// Whether a connection can be used.
    ConnectionState {
        /// It can.
        Ok = "ok",
        /// It can, but not for long.
        Expiring = "expiring",
        /// A person must renew the grant.
        ReconnectNeeded = "reconnect_needed",
        /// Switched off.
        Disabled = "disabled",
    }
}

/// A connection to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    /// Its id.
    pub id: ConnectionId,
    /// The integration; a tenant has one connection to each.
    pub integration: String,
    /// It leads to the integration's sandbox.
    pub sandbox: bool,
    /// The accounts that the grant reaches and that it may touch, as JSON that means nothing here.
    pub accounts_json: String,
    /// Whether it can be used.
    pub state: ConnectionState,
    /// When the grant is expected to end, where that is known.
    pub predicted_end: Option<Timestamp>,
    /// When it is added.
    pub now: Timestamp,
}

/// A connection as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Its id.
    pub id: ConnectionId,
    /// The integration; a tenant has one connection to each.
    pub integration: String,
    /// It leads to the integration's sandbox.
    pub sandbox: bool,
    /// The accounts that it may touch, as JSON that means nothing here.
    pub accounts_json: String,
    /// All accounts that the grant reaches, likewise.
    pub offered_json: String,
    /// Whether it can be used.
    pub state: ConnectionState,
    /// Why it is in that state, for people.
    pub reason: Option<String>,
    /// When the grant is expected to end, where that is known.
    pub predicted_end: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

table!(ConnectionRow {
    id,
    integration,
    sandbox,
    accounts_json,
    offered_json,
    state,
    reason,
    predicted_end,
    created_at,
    updated_at
});

impl TenantStore {
    /// Adds a connection; a conflict when there is one to that integration.
    pub async fn insert_connection(&self, connection: &NewConnection) -> Result<(), StoreError> {
        let sql = "INSERT INTO connections (tenant_id, id, integration, sandbox, accounts_json, offered_json, state, \
                   predicted_end, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $8)";
        let NewConnection { id, integration, sandbox, accounts_json, state, predicted_end, now } = connection;
        self.0.insert("connection", sql, &[id, integration, sandbox, accounts_json, state, predicted_end, now]).await
    }

    /// The connection to an integration.
    pub async fn find_connection(&self, integration: &str) -> Result<Option<ConnectionRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM connections WHERE tenant_id = $1 AND integration = $2");
        self.0.find(sql, &[&integration]).await
    }

    /// The connection with that id.
    pub async fn get_connection(&self, id: ConnectionId) -> Result<ConnectionRow, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM connections WHERE tenant_id = $1 AND id = $2");
        self.0.find(sql, &[&id]).await?.ok_or(StoreError::NotFound { what: "connection" })
    }

    /// All connections, by integration.
    pub async fn list_connections(&self) -> Result<Vec<ConnectionRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM connections WHERE tenant_id = $1 ORDER BY integration");
        self.0.list(sql, &[]).await
    }

    /// Sets whether a connection can be used, and why.
    pub async fn set_connection_state(
        &self,
        id: ConnectionId,
        state: ConnectionState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET state = $3, reason = $4, updated_at = $5 WHERE tenant_id = $1 AND id = $2";
        self.0.update("connection", sql, &[&id, &state, &reason, &now]).await
    }

    /// Says that a person must renew the connection, unless its credential is of another generation by now, or it is
    /// switched off; whether it does.
    pub async fn ask_to_reconnect(
        &self,
        id: ConnectionId,
        generation: i64,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET state = 'reconnect_needed', reason = $4, updated_at = $5 WHERE tenant_id = $1 AND id = $2 \
                   AND state <> 'disabled' AND EXISTS (SELECT 1 FROM credentials \
                   WHERE tenant_id = $1 AND connection_id = $2 AND generation = $3)";
        self.0.changes(sql, &[&id, &generation, &reason, &now]).await
    }

    /// Notes when the connection's grant will end, or that nobody knows.
    pub async fn predict_connection_end(
        &self,
        id: ConnectionId,
        end: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET predicted_end = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2";
        self.0.update("connection", sql, &[&id, &end, &now]).await
    }

    /// Sets the accounts that a connection may touch.
    pub async fn set_connection_accounts(
        &self,
        id: ConnectionId,
        accounts_json: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET accounts_json = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2";
        self.0.update("connection", sql, &[&id, &accounts_json, &now]).await
    }

    /// Sets the accounts that the grant reaches, and those of them that the connection may touch.
    pub async fn set_connection_offer(
        &self,
        id: ConnectionId,
        offered_json: &str,
        accounts_json: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET offered_json = $3, accounts_json = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2";
        self.0.update("connection", sql, &[&id, &offered_json, &accounts_json, &now]).await
    }

    /// Sets which side of the integration a connection leads to; false unless it is switched off and has no credential.
    pub async fn set_connection_side(
        &self,
        id: ConnectionId,
        sandbox: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET sandbox = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2 \
                   AND state = 'disabled' AND NOT EXISTS (SELECT 1 FROM credentials \
                   WHERE credentials.tenant_id = $1 AND credentials.connection_id = $2)";
        self.0.changes(sql, &[&id, &sandbox, &now]).await
    }
}

impl SystemStore {
    /// All tenants' connections, by tenant and integration.
    pub async fn list_all_connections(&self) -> Result<Vec<(TenantId, ConnectionRow)>, StoreError> {
        let sql = concat!("SELECT tenant_id, ", columns!(), " FROM connections ORDER BY tenant_id, integration");
        self.0.list(sql, &[]).await
    }

    /// Whose the connection with that id is, and what it is.
    pub async fn find_owned_connection(
        &self,
        id: ConnectionId,
    ) -> Result<Option<(TenantId, ConnectionRow)>, StoreError> {
        self.0.find(concat!("SELECT tenant_id, ", columns!(), " FROM connections WHERE id = $1"), &[&id]).await
    }
}
