//! From an API key to a caller.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use turnpike_core::{Ambient, ApiKey, ApiKeyId, Timestamp};
use turnpike_store::{Store, StoreError, Tenant};
use zeroize::Zeroizing;

use super::Caller;

/// How long a looked-up key is believed: a revoked key stops within this time on every replica.
const BELIEVED: Duration = Duration::from_secs(5);

/// Why a key does not name a caller.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Its form or its checksum is wrong: a typing error, or no key of ours.
    #[error("this is not an API key of this service: check that it was copied whole")]
    Malformed,
    /// No such key.
    #[error("this API key is not known")]
    Unknown,
    /// It was revoked.
    #[error("this API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("this API key has expired")]
    Expired,
    /// It cannot be looked up now.
    #[error("keys cannot be checked at the moment; try again")]
    Unavailable(#[from] StoreError),
}

struct Known {
    id: ApiKeyId,
    revoked: bool,
    expires_at: Option<Timestamp>,
    caller: Arc<Caller>,
}

/// An address that nobody calls from.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Looks keys up by their hash, and remembers for a few seconds what it found.
pub struct Authenticator {
    store: Store,
    ambient: Ambient,
    pepper: Zeroizing<[u8; 32]>,
    known: Cache<[u8; 32], Option<Arc<Known>>>,
    used: Mutex<HashMap<ApiKeyId, Timestamp>>,
}

impl Authenticator {
    /// Looks keys up in this store, hashed with this pepper.
    pub fn new(store: Store, ambient: Ambient, pepper: Zeroizing<[u8; 32]>) -> Self {
        let known = Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build();
        Self { store, ambient, pepper, known, used: Mutex::default() }
    }

    /// The caller that this key names.
    pub async fn authenticate(&self, text: &str) -> Result<Arc<Caller>, Refused> {
        let key = ApiKey::parse(text).ok_or(Refused::Malformed)?;
        let hash = key.hash(&self.pepper);
        let known = match self.known.get(&hash) {
            Some(known) => known,
            None => Box::pin(self.look_up(hash)).await?,
        };
        let known = known.ok_or(Refused::Unknown)?;
        let now = self.ambient.now();
        if known.revoked {
            return Err(Refused::Revoked);
        }
        if known.expires_at.is_some_and(|end| end <= now) {
            return Err(Refused::Expired);
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(known.id, now);
        Ok(known.caller.clone())
    }

    /// Writes down when each key was last used; called on a timer and at shutdown.
    pub async fn flush_last_used(&self) -> Result<(), StoreError> {
        let used: Vec<_> = self.used.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        if used.is_empty() { Ok(()) } else { self.store.system().touch_api_keys(&used).await }
    }

    async fn look_up(&self, hash: [u8; 32]) -> Result<Option<Arc<Known>>, Refused> {
        let found = match self.store.system().find_api_key(&hash).await? {
            Some((key, tenant)) => Some(self.known(key, tenant).await?),
            None => None,
        };
        self.known.insert(hash, found.clone());
        Ok(found)
    }

    async fn known(&self, key: turnpike_store::ApiKey, tenant: Tenant) -> Result<Arc<Known>, Refused> {
        let tool_policies = self.store.tenant(tenant.id).list_tool_policies().await?;
        let caller = Caller {
            tenant: tenant.id,
            tenant_state: tenant.state,
            principal: format!("key:{}", key.id),
            scopes: key.scopes,
            role: key.role,
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
