//! The tenants' data keys, wrapped by a key provider.

use turnpike_core::Timestamp;

use crate::{StoreError, TenantStore, row::table};

/// A tenant's data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyRow {
    /// Counts the tenant's keys.
    pub version: i64,
    /// The key provider that wrapped it.
    pub provider: String,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

table!(DataKeyRow { version, provider, wrapped, created_at });

impl TenantStore {
    /// The data key of that version, or the newest.
    pub async fn find_data_key(&self, version: Option<i64>) -> Result<Option<DataKeyRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM data_keys WHERE tenant_id = $1 AND ($2 IS NULL OR version = $2) ORDER BY version DESC LIMIT 1"
        );
        self.0.find(sql, &[&version]).await
    }

    /// Stores a data key; false when there is one of that version, which then stays.
    pub async fn insert_data_key(&self, key: &DataKeyRow) -> Result<bool, StoreError> {
        let sql = "INSERT INTO data_keys (tenant_id, version, provider, wrapped, created_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (tenant_id, version) DO NOTHING";
        self.0.changes(sql, &columns!(key)).await
    }
}
