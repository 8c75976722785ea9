//! How far writes through a connection may go, where somebody has said so.

use turnpike_core::{ConnectionId, Timestamp, WritePolicy};

use crate::{
    StoreError, TenantStore,
    row::{FromRow, Row},
};

/// A connection's own policy, and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// The policy.
    pub policy: WritePolicy,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

impl FromRow for PolicyRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let policy = WritePolicy {
            max_amount: row.get("max_amount")?,
            max_rise_percent: row.get("max_rise_percent")?,
            approve_amount: row.get("approve_amount")?,
            approve_rise_percent: row.get("approve_rise_percent")?,
            approve_starts: row.get("approve_starts")?,
        };
        Ok(Self { policy, set_by: row.get("set_by")?, set_at: row.get("set_at")? })
    }
}

impl TenantStore {
    /// The connection's own policy; `None` where the deployment's default holds.
    pub async fn find_write_policy(&self, connection_id: ConnectionId) -> Result<Option<PolicyRow>, StoreError> {
        let sql = "SELECT max_amount, max_rise_percent, approve_amount, approve_rise_percent, approve_starts, set_by, set_at \
                   FROM write_policies WHERE tenant_id = $1 AND connection_id = $2";
        self.0.find(sql, &[&connection_id]).await
    }

    /// Sets the connection's policy.
    pub async fn set_write_policy(&self, connection_id: ConnectionId, row: &PolicyRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO write_policies (tenant_id, connection_id, max_amount, max_rise_percent, approve_amount, \
                   approve_rise_percent, approve_starts, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                   ON CONFLICT (tenant_id, connection_id) DO UPDATE SET max_amount = $3, max_rise_percent = $4, \
                   approve_amount = $5, approve_rise_percent = $6, approve_starts = $7, set_by = $8, set_at = $9";
        let PolicyRow { policy, set_by, set_at } = row;
        let WritePolicy { max_amount, max_rise_percent, approve_amount, approve_rise_percent, approve_starts } = policy;
        self.0
            .insert(
                "write policy",
                sql,
                &[
                    &connection_id,
                    max_amount,
                    max_rise_percent,
                    approve_amount,
                    approve_rise_percent,
                    approve_starts,
                    set_by,
                    set_at,
                ],
            )
            .await
    }
}
