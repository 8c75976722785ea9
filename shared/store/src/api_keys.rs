//! Agents' keys: a hash and what it opens, never the key.

use turnpike_core::{ApiKeyId, Role, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, Tenant, TenantStore,
    row::{FromRow, Row, table},
};

/// A key to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// The row's id; not the secret.
    pub id: ApiKeyId,
    /// The name that people read.
    pub name: String,
    /// The start and end of the key, to recognise it by.
    pub hint: String,
    /// HMAC-SHA-256 of the key.
    pub hash: [u8; 32],
    /// The pepper that the hash was made with.
    pub pepper_version: i64,
    /// What the key may do.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open.
    pub role: Role,
    /// The integrations that it opens; none means all.
    pub servers: Option<Vec<String>>,
    /// The addresses that it works from; an empty list means any.
    pub allowed_ips: Vec<String>,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// A live key, not one for tests.
    pub live: bool,
    /// When it is added.
    pub created_at: Timestamp,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The row's id; not the secret.
    pub id: ApiKeyId,
    /// The name that people read.
    pub name: String,
    /// The start and end of the key, to recognise it by.
    pub hint: String,
    /// The pepper that the hash was made with.
    pub pepper_version: i64,
    /// What the key may do.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open.
    pub role: Role,
    /// The integrations that it opens; none means all.
    pub servers: Option<Vec<String>>,
    /// The addresses that it works from; an empty list means any.
    pub allowed_ips: Vec<String>,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// A live key, not one for tests.
    pub live: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to within the interval at which uses are noted.
    pub last_used_at: Option<Timestamp>,
}

table!(ApiKey {
    id,
    name,
    hint,
    pepper_version,
    scopes,
    role,
    servers,
    allowed_ips,
    expires_at,
    live,
    created_at,
    revoked_at,
    last_used_at,
});

impl TenantStore {
    /// Adds a key.
    pub async fn insert_api_key(&self, key: &NewApiKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_keys (tenant_id, id, name, hint, hash, pepper_version, scopes, role, servers, \
                   allowed_ips, expires_at, live, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let NewApiKey {
            id,
            name,
            hint,
            hash,
            pepper_version,
            scopes,
            role,
            servers,
            allowed_ips,
            expires_at,
            live,
            created_at,
        } = key;
        self.0
            .insert(
                "API key",
                sql,
                &[
                    id,
                    name,
                    hint,
                    hash,
                    pepper_version,
                    scopes,
                    role,
                    servers,
                    allowed_ips,
                    expires_at,
                    live,
                    created_at,
                ],
            )
            .await
    }

    /// All keys, oldest first, revoked ones too.
    pub async fn list_api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM api_keys WHERE tenant_id = $1 ORDER BY id"), &[]).await
    }

    /// Revokes a key; false when there is no such key or it was revoked before.
    pub async fn revoke_api_key(&self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        self.0.changes(sql, &[&id, &now]).await
    }
}

impl SystemStore {
    /// The key with that hash and its tenant, as they are: whether they are still good is the caller's question.
    pub async fn find_api_key(&self, hash: &[u8; 32]) -> Result<Option<(ApiKey, Tenant)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", tenant_id, tenant_name, tenant_state, stale_answers, tenant_created_at, plan, wanted, deleted_at FROM api_keys ",
            "JOIN (SELECT id AS tenant_id, name AS tenant_name, state AS tenant_state, stale_answers, ",
            "created_at AS tenant_created_at, plan, wanted, deleted_at FROM tenants) AS tenant USING (tenant_id) WHERE hash = $1"
        );
        self.0.find(sql, &[hash]).await
    }

    /// All tenants' keys, oldest first, revoked ones too.
    pub async fn list_all_api_keys(&self) -> Result<Vec<(TenantId, ApiKey)>, StoreError> {
        self.0.list(concat!("SELECT tenant_id, ", columns!(), " FROM api_keys ORDER BY id"), &[]).await
    }

    /// Notes when keys were last used. In the order of their ids, so that two replicas cannot lock each other out.
    pub async fn touch_api_keys(&self, uses: &[(ApiKeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_unstable();
        let mut session = self.0.transaction().await?;
        for (id, at) in &uses {
            let sql =
                "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
            session.execute(sql, &[id, at]).await?;
        }
        session.commit().await
    }
}

impl FromRow for (ApiKey, Tenant) {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let tenant = Tenant {
            id: row.get("tenant_id")?,
            name: row.get("tenant_name")?,
            state: row.get("tenant_state")?,
            stale_answers: row.get("stale_answers")?,
            created_at: row.get("tenant_created_at")?,
            plan: row.get("plan")?,
            wanted: row.get("wanted")?,
            deleted_at: row.get("deleted_at")?,
        };
        Ok((ApiKey::from_row(row)?, tenant))
    }
}
