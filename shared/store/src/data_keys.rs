//! The tenants' data keys, wrapped by a key provider.

use turnpike_core::{TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{from_row, table},
};

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

/// A tenant's data key without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyEntry {
    /// Counts the tenant's keys.
    pub version: i64,
    /// The key provider that wrapped it.
    pub provider: String,
    /// When it was made.
    pub created_at: Timestamp,
}

from_row!(DataKeyEntry { version, provider, created_at });

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
        self.0.changes(sql, &columns!(key)).await.map_err(|error| error.of_insert("data key"))
    }

    /// The tenant's data keys, the oldest first.
    pub async fn list_data_keys(&self) -> Result<Vec<DataKeyEntry>, StoreError> {
        let sql = "SELECT version, provider, created_at FROM data_keys WHERE tenant_id = $1 ORDER BY version";
        self.0.list(sql, &[]).await
    }

    /// Deletes a data key; false when there is none of that version. What is sealed with it opens never again.
    pub async fn delete_data_key(&self, version: i64) -> Result<bool, StoreError> {
        self.0.changes("DELETE FROM data_keys WHERE tenant_id = $1 AND version = $2", &[&version]).await
    }

    /// Deletes all of the tenant's data keys; how many. What is sealed for it opens never again.
    pub async fn delete_data_keys(&self) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM data_keys WHERE tenant_id = $1", &[]).await
    }
}

impl SystemStore {
    /// All tenants' data keys, in the order of tenants and versions.
    pub async fn list_data_keys(&self) -> Result<Vec<(TenantId, DataKeyEntry)>, StoreError> {
        let sql = "SELECT tenant_id, version, provider, created_at FROM data_keys ORDER BY tenant_id, version";
        self.0.list(sql, &[]).await
    }
}
