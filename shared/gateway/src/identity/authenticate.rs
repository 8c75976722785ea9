//! From a credential to a caller: an API key, or an access token of this deployment.

mod key;
mod token;

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use turnpike_core::{Ambient, ApiKey, ApiKeyId, GrantId, ServiceAgentId, Timestamp};
use turnpike_oauth::{AuthorizationServer, OAuthError, Subject, Unaccepted};
use turnpike_store::{Store, StoreError};
use zeroize::Zeroizing;

use super::Caller;

/// How long what was looked up is believed: what is revoked stops within this time on every replica.
const BELIEVED: Duration = Duration::from_secs(5);

/// Why a credential does not name a caller.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Neither key nor token, or its checksum is wrong: a typing error, or nothing of ours.
    #[error("this is neither an API key nor an access token of this service: check that it was copied whole")]
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
    /// An access token that is not taken.
    #[error(transparent)]
    Token(Unaccepted),
    /// It cannot be looked up now.
    #[error("credentials cannot be checked at the moment; try again")]
    Unavailable(#[source] OAuthError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<Unaccepted> for Refused {
    fn from(why: Unaccepted) -> Self {
        match why {
            Unaccepted::Unavailable(error) => Self::Unavailable(error),
            why => Self::Token(why),
        }
    }
}

/// An address that nobody calls from.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Looks credentials up, and remembers for a few seconds what it found.
pub struct Authenticator {
    store: Store,
    ambient: Ambient,
    pepper: Zeroizing<[u8; 32]>,
    oauth: AuthorizationServer,
    keys: Cache<[u8; 32], Option<Arc<key::Known>>>,
    tokens: Cache<[u8; 32], Arc<token::Checked>>,
    subjects: Cache<Subject, Option<Arc<token::Behind>>>,
    used: Used,
}

/// When each credential was last used, until that is written down.
#[derive(Default)]
struct Used {
    keys: Noted<ApiKeyId>,
    grants: Noted<GrantId>,
    services: Noted<ServiceAgentId>,
}

struct Noted<Id>(Mutex<HashMap<Id, Timestamp>>);

impl<Id> Default for Noted<Id> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Id: Eq + Hash> Noted<Id> {
    fn note(&self, id: Id, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, now);
    }

    fn take(&self) -> Vec<(Id, Timestamp)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }
}

impl Authenticator {
    /// Looks up in this store keys that are hashed with this pepper, and tokens of this server.
    pub fn new(store: Store, ambient: Ambient, pepper: Zeroizing<[u8; 32]>, oauth: AuthorizationServer) -> Self {
        fn believed<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
            Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build()
        }
        let (keys, tokens, subjects) = (believed(), believed(), believed());
        Self { store, ambient, pepper, oauth, keys, tokens, subjects, used: Used::default() }
    }

    /// The caller that this credential names, at the server of that URL.
    pub async fn authenticate(&self, text: &str, audience: &str) -> Result<Arc<Caller>, Refused> {
        match ApiKey::parse(text) {
            Some(key) => self.authenticate_key(&key).await,
            // A key has no dot, and a token has two.
            None if text.contains('.') => self.authenticate_token(text, audience).await,
            None => Err(Refused::Malformed),
        }
    }

    /// Writes down when each credential was last used; called on a timer and at shutdown.
    pub async fn flush_last_used(&self) -> Result<(), StoreError> {
        let system = self.store.system();
        let (keys, grants, services) = (self.used.keys.take(), self.used.grants.take(), self.used.services.take());
        if !keys.is_empty() {
            system.touch_api_keys(&keys).await?;
        }
        if !grants.is_empty() {
            system.touch_grants(&grants).await?;
        }
        if !services.is_empty() {
            system.touch_service_agents(&services).await?;
        }
        Ok(())
    }
}
