//! Programs that have registered themselves (RFC 7591).

use turnpike_core::Timestamp;

use crate::{
    StoreError, SystemStore,
    row::{Scalar, table},
};

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClientRow {
    /// Its client id.
    pub id: String,
    /// Of what it says of itself: the same program registers once.
    pub fingerprint: [u8; 32],
    /// What it says of itself, as JSON.
    pub metadata_json: String,
    /// When it registered first.
    pub created_at: Timestamp,
    /// When it registered last, or was used.
    pub used_at: Timestamp,
}

table!(OAuthClientRow { id, fingerprint, metadata_json, created_at, used_at });

impl SystemStore {
    /// Registers a client, or notes that it has come again; the one that is stored.
    pub async fn register_oauth_client(&self, client: &OAuthClientRow) -> Result<OAuthClientRow, StoreError> {
        let sql = concat!(
            "INSERT INTO oauth_clients (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (fingerprint) DO UPDATE SET used_at = excluded.used_at RETURNING ",
            columns!()
        );
        let stored = self.0.take(sql, &columns!(client)).await?;
        stored.ok_or(StoreError::NotFound { what: "client" })
    }

    /// The client of that id.
    pub async fn find_oauth_client(&self, id: &str) -> Result<Option<OAuthClientRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM oauth_clients WHERE id = $1"), &[&id]).await
    }

    /// Notes that a client was used.
    pub async fn touch_oauth_client(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute("UPDATE oauth_clients SET used_at = $2 WHERE id = $1", &[&id, &now]).await.map(drop)
    }

    /// Forgets clients that were not used since `unused_since`, and those that were not since `never_since` and were never
    /// let in by anybody; how many they were.
    pub async fn delete_unused_oauth_clients(
        &self,
        unused_since: Timestamp,
        never_since: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "DELETE FROM oauth_clients WHERE used_at < $1 OR (used_at < $2 \
                   AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = oauth_clients.id))";
        self.0.execute(sql, &[&unused_since, &never_since]).await
    }

    /// How many are registered.
    pub async fn count_oauth_clients(&self) -> Result<i64, StoreError> {
        let count = self.0.find("SELECT COUNT(*) AS value FROM oauth_clients", &[]).await?;
        Ok(count.map_or(0, |Scalar(count)| count))
    }
}
