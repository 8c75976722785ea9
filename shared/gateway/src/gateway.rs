//! What the gateway works with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::future::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use turnpike_config::{IntegrationSettings, LimitSettings, ServerSettings, Settings};
use turnpike_core::{Ambient, Handles, TenantId, Timestamp, WritePolicy};
use turnpike_limiter::Limiter;
use turnpike_metering::{Admission, ArgumentsKeeper, Books, Ledger};
use turnpike_sdk::{Account, Connection, Integration};
use turnpike_store::{ConnectionState, Store, StoreError};
use turnpike_upstream::Upstream;

use crate::{
    Authenticator, Switches,
    pipeline::{Background, KeptAnswers},
    servers::Servers,
};

/// How long a looked-up connection is believed.
const BELIEVED: Duration = Duration::from_secs(5);

/// What the binary puts the gateway together from.
pub struct Parts {
    /// Settings.
    pub settings: Settings,
    /// How clients reach this server: scheme and host, no trailing slash.
    pub public_url: String,
    /// What agents see this service called.
    pub brand_name: String,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Database.
    pub store: Store,
    /// Who calls.
    pub authenticator: Authenticator,
    /// What is switched off.
    pub switches: Switches,
    /// The way out.
    pub upstream: Upstream,
    /// What calls cost.
    pub books: Books,
    /// Usage ledger.
    pub ledger: Ledger,
    /// Keeps what calls were made with.
    pub arguments: ArgumentsKeeper,
    /// Seals cursors.
    pub handles: Handles,
    /// How often calls may be made.
    pub limiter: Limiter,
    /// The integrations served.
    pub integrations: Vec<Arc<Integration>>,
}

/// A connection as the pipeline needs it.
pub(crate) struct Connected {
    pub(crate) connection: Arc<Connection>,
    pub(crate) state: ConnectionState,
    /// Why it is in that state, for people.
    pub(crate) reason: Option<String>,
    /// Moves when accounts or state change: answers kept from before are no longer given.
    pub(crate) updated_at: Timestamp,
}

/// The gateway.
pub struct Gateway {
    pub(crate) server: ServerSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) integration_settings: HashMap<String, IntegrationSettings>,
    pub(crate) public_url: String,
    pub(crate) brand_name: String,
    pub(crate) ambient: Ambient,
    pub(crate) store: Store,
    pub(crate) authenticator: Authenticator,
    pub(crate) switches: Switches,
    pub(crate) upstream: Upstream,
    pub(crate) ledger: Ledger,
    pub(crate) arguments: ArgumentsKeeper,
    pub(crate) books: Books,
    pub(crate) admission: Admission,
    /// Of connections that have none of their own.
    pub(crate) write_policy: WritePolicy,
    pub(crate) handles: Handles,
    pub(crate) limiter: Limiter,
    pub(crate) servers: Servers,
    pub(crate) kept: KeptAnswers,
    pub(crate) background: Background,
    connections: Cache<(TenantId, &'static str), Option<Arc<Connected>>>,
    running: Mutex<HashMap<TenantId, Arc<Semaphore>>>,
}

impl Gateway {
    /// Puts the gateway together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Settings { server, limits, writes, integrations, payments, .. } = parts.settings;
        let admission = Admission::new(parts.store.clone(), parts.ambient.clone(), parts.books.clone(), &payments);
        Arc::new(Self {
            server,
            limits,
            integration_settings: integrations.into_iter().collect(),
            public_url: parts.public_url,
            brand_name: parts.brand_name,
            ambient: parts.ambient,
            store: parts.store,
            authenticator: parts.authenticator,
            switches: parts.switches,
            upstream: parts.upstream,
            ledger: parts.ledger,
            arguments: parts.arguments,
            books: parts.books,
            admission,
            write_policy: writes.policy(),
            handles: parts.handles,
            limiter: parts.limiter,
            servers: Servers::new(parts.integrations),
            kept: KeptAnswers::default(),
            background: Background::default(),
            connections: Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build(),
            running: Mutex::default(),
        })
    }

    /// Who calls; the binary writes its last-used notes on a timer.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Stops the reads that go on after their calls were answered. Whoever asks for one of them later begins it again.
    pub async fn stop_background(&self) {
        self.background.stop().await;
    }

    /// The tenant's connection to an integration.
    pub(crate) async fn find_connection(
        &self,
        tenant: TenantId,
        integration: &'static str,
    ) -> Result<Option<Arc<Connected>>, StoreError> {
        match self.connections.get(&(tenant, integration)).await {
            Some(known) => Ok(known),
            None => Box::pin(self.look_up_connection(tenant, integration)).await,
        }
    }

    /// The same, as it is in the store at this moment.
    pub(crate) async fn look_up_connection(
        &self,
        tenant: TenantId,
        integration: &'static str,
    ) -> Result<Option<Arc<Connected>>, StoreError> {
        let found = self.store.tenant(tenant).find_connection(integration).await?.map(|row| {
            let accounts: Vec<Account> = serde_json::from_str(&row.accounts_json).unwrap_or_default();
            let connection =
                Connection { id: row.id, tenant, integration: row.integration, sandbox: row.sandbox, accounts };
            let connection = Arc::new(connection);
            Arc::new(Connected { connection, state: row.state, reason: row.reason, updated_at: row.updated_at })
        });
        self.connections.insert((tenant, integration), found.clone()).await;
        Ok(found)
    }

    /// The next call looks the connection up again: something has happened to it.
    pub(crate) async fn forget_connection(&self, tenant: TenantId, integration: &'static str) {
        self.connections.invalidate(&(tenant, integration)).await;
    }

    /// A place among the tenant's running calls; `None` when all are taken.
    pub(crate) fn start_running(&self, tenant: TenantId) -> Option<OwnedSemaphorePermit> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.limits.tenant_concurrent;
        if running.len() > 10_000 {
            running.retain(|_, places| places.available_permits() < most);
        }
        running.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(most))).clone().try_acquire_owned().ok()
    }
}
