//! API keys for agents.

use serde_json::json;
use turnpike_core::{ApiKey, ApiKeyId, Role, TenantId, Timestamp};
use turnpike_store::{NewApiKey, StoreError};

use crate::{Actor, Tenancy};

/// Name of the secret that API keys are hashed under; a new version gets a new name.
pub const PEPPER: &str = "api-key-pepper/1";
/// The version in that name.
const PEPPER_VERSION: i64 = 1;

/// What an API key may do.
pub struct KeyRequest<'a> {
    /// Name, for lists.
    pub name: &'a str,
    /// Scopes such as `google-ads:read`.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open; `None`: what its scopes need.
    pub role: Option<Role>,
    /// The integrations it reaches; `None` is all.
    pub servers: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// May it reach live connections, and spend money?
    pub live: bool,
}

impl Tenancy {
    /// Makes an API key. Only its hash is kept: the key itself is to be shown now or never.
    pub async fn add_key(
        &self,
        actor: &Actor,
        tenant: TenantId,
        request: KeyRequest<'_>,
    ) -> Result<(ApiKeyId, ApiKey), StoreError> {
        let ambient = &self.parts().ambient;
        let key = ApiKey::mint(ambient, request.live);
        let id: ApiKeyId = ambient.id();
        let role = request.role.unwrap_or_else(|| role_for(&request.scopes));
        let details = json!({ "scopes": request.scopes, "role": role.as_str(), "live": request.live });
        let new = NewApiKey {
            id,
            name: request.name.into(),
            hint: key.hint(),
            hash: key.hash(&self.0.pepper),
            pepper_version: PEPPER_VERSION,
            role,
            scopes: request.scopes,
            servers: request.servers,
            allowed_ips: vec![],
            expires_at: request.expires_at,
            live: request.live,
            created_at: ambient.now(),
        };
        self.parts().store.tenant(tenant).insert_api_key(&new).await?;
        self.record(tenant, actor, "key.made", &format!("key:{id}"), details).await?;
        Ok((id, key))
    }

    /// Revokes an API key; false when there is no such key or it was revoked before.
    pub async fn revoke_key(&self, actor: &Actor, tenant: TenantId, id: ApiKeyId) -> Result<bool, StoreError> {
        let revoked = self.parts().store.tenant(tenant).revoke_api_key(id, self.parts().ambient.now()).await?;
        if revoked {
            self.record(tenant, actor, "key.revoked", &format!("key:{id}"), json!({})).await?;
        }
        Ok(revoked)
    }
}

/// The least role that can do all that the scopes open.
fn role_for(scopes: &[String]) -> Role {
    if scopes.iter().any(|scope| scope.ends_with(":write")) { Role::Member } else { Role::Auditor }
}
