//! What tenants were told about their money.

use turnpike_core::{TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{FromRow, Row},
};

impl TenantStore {
    /// Notes that the tenant is told this; false when it was told already.
    pub async fn note_billing_notice(&self, key: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO billing_notices (tenant_id, key, sent_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
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
    /// What tenants were told at `since` or later.
    pub async fn list_billing_notices(&self, since: Timestamp) -> Result<Vec<(TenantId, String)>, StoreError> {
        let sql = "SELECT tenant_id, key FROM billing_notices WHERE sent_at >= $1 ORDER BY tenant_id, key";
        let told: Vec<(TenantId, Told)> = self.0.list(sql, &[&since]).await?;
        Ok(told.into_iter().map(|(tenant, Told(key))| (tenant, key)).collect())
    }
}
