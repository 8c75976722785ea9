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

    /// All secrets of the deployment.
    pub async fn list_secrets(&self) -> Result<Vec<SecretRow>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM secrets ORDER BY name"), &[]).await
    }

    /// Puts the same secret, wrapped anew, in a secret's place if it is still as it was; false when it is not. On PostgreSQL only
    /// the tables' owner may.
    pub async fn rewrap_secret(&self, was: &SecretRow, provider: &str, wrapped: &[u8]) -> Result<bool, StoreError> {
        let sql = "UPDATE secrets SET provider = $3, wrapped = $4 WHERE name = $1 AND wrapped = $2";
        self.0.changes(sql, &[&was.name, &was.wrapped, &provider, &wrapped.to_vec()]).await
    }
}
