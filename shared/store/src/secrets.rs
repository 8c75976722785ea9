//! The deployment's own secrets, wrapped by a key provider.

use crate::{StoreError, SystemStore, row::table};

/// A secret of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// What it is for.
    pub name: String,
    /// The key provider that wrapped it.
    pub provider: String,
    /// The secret, wrapped.
    pub wrapped: Vec<u8>,
}

table!(SecretRow { name, provider, wrapped });

impl SystemStore {
    /// The secret of that name.
    pub async fn find_secret(&self, name: &str) -> Result<Option<SecretRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM secrets WHERE name = $1"), &[&name]).await
    }

    /// Stores a secret unless there is one of that name; the one that is stored.
    pub async fn insert_secret_if_absent(&self, secret: &SecretRow) -> Result<SecretRow, StoreError> {
        let sql = concat!("INSERT INTO secrets (", columns!(), ") VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING");
        self.0.execute(sql, &columns!(secret)).await?;
        self.find_secret(&secret.name).await?.ok_or(StoreError::NotFound { what: "secret" })
    }
}
