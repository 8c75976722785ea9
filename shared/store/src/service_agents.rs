//! Programs of a tenant that act in nobody's name, with a secret of their own.

use turnpike_core::{Role, ServiceAgentId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table};

/// A service agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAgent {
    /// Its client id.
    pub id: ServiceAgentId,
    /// The name that people read.
    pub name: String,
    /// The end of the secret, to recognise it by.
    pub hint: String,
    /// Hash of the secret.
    pub secret_hash: [u8; 32],
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open.
    pub role: Role,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// May it reach live connections, and spend money?
    pub live: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it last called.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

table!(ServiceAgent {
    id,
    name,
    hint,
    secret_hash,
    scopes,
    role,
    groups,
    live,
    created_at,
    expires_at,
    last_used_at,
    revoked_at,
});

impl TenantStore {
    /// Adds a service agent.
    pub async fn insert_service_agent(&self, agent: &ServiceAgent) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO service_agents (tenant_id, ",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        );
        self.0.insert("service agent", sql, &columns!(agent)).await
    }

    /// All of them, oldest first, revoked ones too.
    pub async fn list_service_agents(&self) -> Result<Vec<ServiceAgent>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM service_agents WHERE tenant_id = $1 ORDER BY id"), &[]).await
    }

    /// Revokes a service agent; false when there is none or it was revoked before.
    pub async fn revoke_service_agent(&self, id: ServiceAgentId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE service_agents SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        self.0.changes(sql, &[&id, &now]).await
    }
}

impl SystemStore {
    /// The service agent of that id, and whose it is: whether it is still good is the caller's question.
    pub async fn find_service_agent(&self, id: ServiceAgentId) -> Result<Option<(TenantId, ServiceAgent)>, StoreError> {
        self.0.find(concat!("SELECT tenant_id, ", columns!(), " FROM service_agents WHERE id = $1"), &[&id]).await
    }

    /// Notes when service agents were last used, in the order of their ids.
    pub async fn touch_service_agents(&self, uses: &[(ServiceAgentId, Timestamp)]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_unstable();
        let mut session = self.0.transaction().await?;
        for (id, at) in &uses {
            let sql = "UPDATE service_agents SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
            session.execute(sql, &[id, at]).await?;
        }
        session.commit().await
    }
}
