//! Programs that act in nobody's name, by client credentials.

use serde_json::json;
use turnpike_core::{Role, ServiceAgentId, ServiceSecret, TenantId, Timestamp};
use turnpike_store::{ServiceAgent, StoreError};

use crate::{Actor, Tenancy};

/// What a service agent may do.
pub struct ServiceAgentRequest<'a> {
    /// Name, for lists.
    pub name: &'a str,
    /// Scopes such as `google-ads:read`.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open.
    pub role: Role,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// May it reach live connections, and spend money?
    pub live: bool,
}

impl Tenancy {
    /// Makes a service agent. Only a hash of its secret is kept: the secret itself is to be shown now or never.
    pub async fn add_service_agent(
        &self,
        actor: &Actor,
        tenant: TenantId,
        request: ServiceAgentRequest<'_>,
    ) -> Result<(ServiceAgentId, ServiceSecret), StoreError> {
        let ambient = &self.parts().ambient;
        let (id, secret): (ServiceAgentId, _) = (ambient.id(), ServiceSecret::mint(ambient));
        let ServiceAgentRequest { name, scopes, role, groups, expires_at, live } = request;
        let details = json!({ "scopes": scopes, "role": role.as_str(), "groups": groups, "live": live });
        let agent = ServiceAgent {
            id,
            name: name.into(),
            hint: secret.hint(),
            secret_hash: ServiceSecret::hash_of(secret.expose()),
            scopes,
            role,
            groups,
            live,
            created_at: ambient.now(),
            expires_at,
            last_used_at: None,
            revoked_at: None,
        };
        self.parts().store.tenant(tenant).insert_service_agent(&agent).await?;
        self.record(tenant, actor, "service.made", &subject(id), details).await?;
        Ok((id, secret))
    }

    /// Revokes a service agent, with all its tokens; false when there is none or it was revoked before.
    pub async fn revoke_service_agent(
        &self,
        actor: &Actor,
        tenant: TenantId,
        id: ServiceAgentId,
    ) -> Result<bool, StoreError> {
        let revoked = self.parts().store.tenant(tenant).revoke_service_agent(id, self.parts().ambient.now()).await?;
        if revoked {
            self.record(tenant, actor, "service.revoked", &subject(id), json!({})).await?;
        }
        Ok(revoked)
    }
}

fn subject(id: ServiceAgentId) -> String {
    format!("service:{id}")
}
