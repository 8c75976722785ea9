//! What a tenant's people were told, each thing once.
//!
//! A notice is taken for some minutes, mailed, and only then noted as told: a process that dies between leaves one that another
//! takes up. Whom a mail has reached already is not written again.

use std::collections::HashSet;

use turnpike_core::{TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{FromRow, Row, Scalar},
};

impl TenantStore {
    /// Takes a notice until an instant and says whom a mail of it has reached; nothing when another has it, or all know.
    pub async fn take_notice(
        &self,
        key: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let sql = "INSERT INTO notices (tenant_id, key, told, taken_until) VALUES ($1, $2, '[]', $4) \
                   ON CONFLICT (tenant_id, key) DO UPDATE SET taken_until = excluded.taken_until \
                   WHERE notices.told_at IS NULL AND notices.taken_until <= $3 RETURNING told AS value";
        let taken: Option<Scalar<Vec<String>>> = self.0.take(sql, &[&key, &now, &until]).await?;
        Ok(taken.map(|Scalar(told)| told))
    }

    /// Notes whom mails of a notice have reached and, once that is everybody, when.
    pub async fn update_notice(
        &self,
        key: &str,
        told: &[String],
        told_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE notices SET told = $3, told_at = $4 WHERE tenant_id = $1 AND key = $2";
        self.0.changes(sql, &[&key, &told.to_vec(), &told_at]).await
    }

    /// Notes that nobody need be told this any more; false when everybody was.
    pub async fn close_notice(&self, key: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO notices (tenant_id, key, told, taken_until, told_at) VALUES ($1, $2, '[]', $3, $3) \
                   ON CONFLICT (tenant_id, key) DO UPDATE SET told_at = excluded.told_at WHERE notices.told_at IS NULL";
        self.0.changes(sql, &[&key, &now]).await
    }
}

/// A notice by its key.
struct Told(String);

impl FromRow for Told {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self(row.get("key")?))
    }
}

impl SystemStore {
    /// What everybody whom it concerns was told at `since` or later.
    pub async fn list_told_notices(&self, since: Timestamp) -> Result<HashSet<(TenantId, String)>, StoreError> {
        let sql = "SELECT tenant_id, key FROM notices WHERE told_at >= $1";
        let told: Vec<(TenantId, Told)> = self.0.list(sql, &[&since]).await?;
        Ok(told.into_iter().map(|(tenant, Told(key))| (tenant, key)).collect())
    }
}
