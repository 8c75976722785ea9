//! API keys: form and checksum, then a lookup of the hash.

use std::sync::Arc;

use turnpike_core::{ApiKey, ApiKeyId, Timestamp};
use turnpike_store::Tenant;

use super::{Authenticator, NOBODY, Refused};
use crate::Caller;

pub(super) struct Known {
    id: ApiKeyId,
    revoked: bool,
    expires_at: Option<Timestamp>,
    caller: Arc<Caller>,
}

impl Authenticator {
    pub(super) async fn authenticate_key(&self, key: &ApiKey) -> Result<Arc<Caller>, Refused> {
        let hash = key.hash(&self.pepper);
        let known = match self.keys.get(&hash) {
            Some(known) => known,
            None => Box::pin(self.look_up_key(hash)).await?,
        };
        let known = known.ok_or(Refused::Unknown)?;
        let now = self.ambient.now();
        if known.revoked {
            return Err(Refused::Revoked);
        }
        if known.expires_at.is_some_and(|end| end <= now) {
            return Err(Refused::Expired);
        }
        self.used.keys.note(known.id, now);
        Ok(known.caller.clone())
    }

    async fn look_up_key(&self, hash: [u8; 32]) -> Result<Option<Arc<Known>>, Refused> {
        let found = match self.store.system().find_api_key(&hash).await? {
            Some((key, tenant)) => Some(self.known(key, tenant).await?),
            None => None,
        };
        self.keys.insert(hash, found.clone());
        Ok(found)
    }

    async fn known(&self, key: turnpike_store::ApiKey, tenant: Tenant) -> Result<Arc<Known>, Refused> {
        let tool_policies = self.store.tenant(tenant.id).list_tool_policies().await?;
        let caller = Caller {
            tenant: tenant.id,
            tenant_state: tenant.state,
            principal: format!("key:{}", key.id),
            grant: None,
            scopes: key.scopes,
            role: key.role,
            groups: vec![],
            tool_policies,
            stale_answers: tenant.stale_answers,
            servers: key.servers,
            // An entry that cannot be read matches nobody: left out, it could make the list empty, which is everybody.
            allowed_ips: key.allowed_ips.iter().map(|ip| ip.parse().unwrap_or(NOBODY)).collect(),
            live: key.live,
        };
        let revoked = key.revoked_at.is_some();
        Ok(Arc::new(Known { id: key.id, revoked, expires_at: key.expires_at, caller: Arc::new(caller) }))
    }
}
