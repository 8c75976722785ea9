//! The broker: gives out opened credentials and keeps them fresh.

mod refresh;
mod revoke;
mod trial;
mod upkeep;

pub use revoke::Revocation;
pub use upkeep::{Care, Due, Upkeep};

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use moka::future::Cache;
use tokio_util::task::TaskTracker;
use turnpike_core::{Ambient, Canonical, ConnectionId, TenantId, Timestamp, Wire};
use turnpike_sdk::TokenStyle;
use turnpike_store::{ConnectionState, CredentialRow, NewCredential, Replacement, Store};
use turnpike_telemetry::metrics;
use zeroize::Zeroizing;

use crate::{
    Credential, Keyring, VaultError,
    asking::{OverWire, TokenServer},
    data_keys::{DataKeys, OpenKey},
    secrets,
};

/// How long an opened credential stays in memory without being asked for again from the database.
const KEPT: Duration = Duration::from_secs(60);
/// The generation of a credential that is only tried: no stored one has it.
const TRIAL: i64 = 0;
/// With less than this left, a token is treated as ended: the request has to arrive before its end.
const MARGIN: Duration = Duration::from_secs(20);

/// An opened credential.
#[derive(Debug)]
pub struct Lease {
    /// The credential.
    pub credential: Credential,
    /// It is good at the integration's sandbox, not at the vendor.
    pub sandbox: bool,
    /// Counts its changes; a refresh replaces exactly the generation it started from.
    pub generation: i64,
}

/// How a connection's credential is renewed.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// Whose.
    pub tenant: TenantId,
    /// Which connection.
    pub connection: ConnectionId,
    /// Name of the integration; part of what the sealed value is bound to.
    pub integration: &'static str,
    /// It leads to the integration's sandbox. A connection may change sides, and callers may not know it yet: a credential
    /// is given out for the side that it is stored for.
    pub sandbox: bool,
    /// Token endpoint, in the shapes that have one.
    pub token_url: Option<Arc<str>>,
    /// Where a grant is taken back, if the vendor has such a place.
    pub revoke_url: Option<Arc<str>>,
    /// How the authorization server is asked.
    pub token_style: TokenStyle,
    /// The pinned version of the vendor's API.
    pub version: Arc<str>,
    /// How a credential is looked at when a person gives it, where the upstream has a way.
    pub inspection: Option<Inspection>,
    /// How long before its end an access token is refreshed.
    pub ahead: Duration,
}

impl Renewal {
    /// The authorization server, in the shapes that have one.
    fn token_server(&self) -> Option<TokenServer<'_>> {
        let url = self.token_url.as_deref()?;
        Some(TokenServer { url, style: self.token_style, version: &self.version })
    }
}

/// How a system user's token is looked at.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Scheme and host of the Graph API.
    pub base_url: Arc<str>,
    /// The permissions of which the token needs one at least.
    pub scopes: &'static [&'static str],
}

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    keys: DataKeys,
    wire: OverWire,
    ambient: Ambient,
    /// Names this process in the refresh journal.
    replica: String,
    open: Cache<ConnectionId, Arc<Lease>>,
    flights: Mutex<HashMap<ConnectionId, Arc<Flight>>>,
    tasks: TaskTracker,
    /// Whether what is given out counts as used.
    only_looks: AtomicBool,
    setbacks: upkeep::Setbacks,
}

/// Lets one refresh of a connection run at a time in this process; holds how the last one failed, if it did.
type Flight = tokio::sync::Mutex<Option<LastFailure>>;

/// A refresh that failed: those who already waited for it get the same answer, and do not ask one after the other.
struct LastFailure {
    ended: Instant,
    reason: Arc<str>,
}

impl Vault {
    /// A vault over this store, with these key providers and this way to the authorization servers.
    pub fn new(store: Store, ring: impl Into<Keyring>, wire: Arc<dyn Wire>, ambient: Ambient) -> Self {
        let keys = DataKeys::new(store.clone(), ring.into(), ambient.clone());
        let replica = ambient.id::<ConnectionId>().to_string();
        let open = Cache::builder().max_capacity(10_000).time_to_live(KEPT).build();
        let (flights, tasks) = (Mutex::default(), TaskTracker::new());
        let (wire, only_looks, setbacks) = (OverWire(wire), AtomicBool::new(false), upkeep::Setbacks::default());
        Self(Arc::new(Inner { store, keys, wire, ambient, replica, open, flights, tasks, only_looks, setbacks }))
    }

    /// A secret of the deployment itself, such as the pepper of API keys.
    pub async fn deployment_secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        secrets::deployment_secret(&self.0.store, self.ring(), &self.0.ambient, name).await
    }

    /// Seals the credential of a new connection.
    pub async fn insert(&self, renewal: &Renewal, credential: &Credential) -> Result<(), VaultError> {
        let (key_version, sealed) = self.seal(renewal, credential).await?;
        let new = NewCredential {
            connection_id: renewal.connection,
            key_version,
            sealed,
            access_expires_at: credential.access_expires_at(),
            now: self.0.ambient.now(),
        };
        Ok(self.0.store.tenant(renewal.tenant).insert_credential(&new).await?)
    }

    /// Replaces the credential of a connection that was renewed by a person. A refresh that runs meanwhile loses.
    pub async fn replace(&self, renewal: &Renewal, credential: &Credential) -> Result<(), VaultError> {
        let tenant = self.0.store.tenant(renewal.tenant);
        loop {
            let Some(row) = tenant.find_credential(renewal.connection).await? else {
                self.insert(renewal, credential).await?;
                break;
            };
            let (key_version, sealed) = self.seal(renewal, credential).await?;
            let access_expires_at = credential.access_expires_at();
            let replacement = Replacement { key_version, sealed, access_expires_at, now: self.now() };
            if tenant.swap_credential(renewal.connection, row.generation, &replacement).await? {
                self.0.open.invalidate(&renewal.connection).await;
                break;
            }
        }
        Ok(tenant.predict_connection_end(renewal.connection, credential.ends_at(), self.now()).await?)
    }

    /// The opened credential, fresh enough to be used now. A token near its end is renewed in the background.
    pub async fn lease(&self, renewal: &Renewal) -> Result<Arc<Lease>, VaultError> {
        let lease = match self.0.open.get(&renewal.connection).await {
            Some(lease) if lease.sandbox == renewal.sandbox => lease,
            _ => {
                let lease = Box::pin(self.load(renewal)).await?;
                self.note_use(renewal).await;
                lease
            }
        };
        let now = self.0.ambient.now();
        if !lease.credential.lives_at(now.plus(MARGIN)) {
            return Box::pin(self.renew(renewal, lease.generation)).await;
        }
        let near_its_end = lease.generation != TRIAL && !lease.credential.lives_at(now.plus(renewal.ahead));
        if near_its_end && lease.credential.can_be_lengthened() && !self.in_flight(renewal.connection) {
            let (vault, renewal, generation) = (self.clone(), renewal.clone(), lease.generation);
            self.0.tasks.spawn(async move {
                if let Err(error) = vault.renew(&renewal, generation).await {
                    tracing::warn!(connection_id = %renewal.connection, %error, "refresh ahead of the end failed");
                }
            });
        }
        Ok(lease)
    }

    /// Says that no other process uses this store: a refresh that the journal calls under way was cut off, and nobody has
    /// to wait for it.
    pub async fn take_over(&self) -> Result<(), VaultError> {
        Ok(self.0.store.system().age_refreshes().await?)
    }

    /// From now on nothing that is given out counts as used by a call: this process only looks whether connections work.
    pub fn only_look(&self) {
        self.0.only_looks.store(true, Ordering::Relaxed);
    }

    /// Waits until no refresh is under way: a token that an authorization server has given must reach the database.
    pub async fn drain(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    async fn load(&self, renewal: &Renewal) -> Result<Arc<Lease>, VaultError> {
        let tenant = self.0.store.tenant(renewal.tenant);
        let connection = tenant.get_connection(renewal.connection).await?;
        if connection.state == ConnectionState::Disabled || connection.sandbox != renewal.sandbox {
            return Err(no_credential());
        }
        let row = tenant.find_credential(renewal.connection).await?.ok_or_else(no_credential)?;
        self.open(renewal, &row).await
    }

    async fn open(&self, renewal: &Renewal, row: &CredentialRow) -> Result<Arc<Lease>, VaultError> {
        let (credential, generation) = self.unseal(renewal, row).await?;
        let lease = Arc::new(Lease { credential, sandbox: renewal.sandbox, generation });
        self.0.open.insert(renewal.connection, lease.clone()).await;
        Ok(lease)
    }

    /// The credential of that row, and its generation; of the row as it is now, where its data key was replaced meanwhile.
    async fn unseal(&self, renewal: &Renewal, row: &CredentialRow) -> Result<(Credential, i64), VaultError> {
        let mut row = row.clone();
        let key = loop {
            if let Some(key) = self.0.keys.get(renewal.tenant, row.key_version).await? {
                break key;
            }
            let now = self.0.store.tenant(renewal.tenant).find_credential(renewal.connection).await?;
            let version = row.key_version;
            row = now.filter(|now| now.key_version != version).ok_or(VaultError::Unsealed)?;
        };
        let clear = key.sealer.open(&place(renewal, row.key_version), &row.sealed).ok_or(VaultError::Unsealed)?;
        tracing::debug!(
            tenant_id = %renewal.tenant,
            connection_id = %renewal.connection,
            purpose = "credential",
            "a credential was opened"
        );
        metrics::credential_opened(renewal.integration);
        Ok((Credential::from_clear(&clear).ok_or(VaultError::Unsealed)?, row.generation))
    }

    async fn seal(&self, renewal: &Renewal, credential: &Credential) -> Result<(i64, Vec<u8>), VaultError> {
        let key = self.0.keys.newest(renewal.tenant).await?;
        Ok((key.version, seal_with(&key, renewal, credential)?))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn keys(&self) -> &DataKeys {
        &self.0.keys
    }

    pub(crate) fn ring(&self) -> &Keyring {
        &self.0.keys.ring
    }

    pub(crate) fn ambient(&self) -> &Ambient {
        &self.0.ambient
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.ambient.now()
    }

    /// How this process sends to authorization servers.
    pub(crate) fn wire(&self) -> &OverWire {
        &self.0.wire
    }

    fn in_flight(&self, connection: ConnectionId) -> bool {
        let flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.get(&connection).is_some_and(|flight| Arc::strong_count(flight) > 1)
    }

    /// The lock that lets one refresh of a connection run at a time in this process.
    fn flight(&self, connection: ConnectionId) -> Arc<Flight> {
        let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.len() > 10_000 {
            flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        }
        flights.entry(connection).or_default().clone()
    }
}

/// There is none, or one that only waits to be taken back at the vendor.
fn no_credential() -> VaultError {
    VaultError::Reconnect { reason: "the connection holds no credential: it was disconnected".into() }
}

fn seal_with(key: &OpenKey, renewal: &Renewal, credential: &Credential) -> Result<Vec<u8>, VaultError> {
    let clear = credential.to_clear().ok_or(VaultError::Unsealed)?;
    Ok(key.sealer.seal(&place(renewal, key.version), &clear))
}

fn place(renewal: &Renewal, key_version: i64) -> Canonical {
    place_of(renewal.tenant, renewal.integration, renewal.connection, key_version)
}

/// Where a sealed credential belongs; it opens nowhere else.
pub(crate) fn place_of(tenant: TenantId, integration: &str, connection: ConnectionId, key_version: i64) -> Canonical {
    Canonical::of("credential/1")
        .field(tenant.to_string())
        .field(integration.as_bytes())
        .field(connection.to_string())
        .field("credentials.sealed")
        .field(key_version.to_be_bytes())
}
