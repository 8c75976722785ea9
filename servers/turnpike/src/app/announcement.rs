//! What a process says of itself to the others of its deployment, and whether it may serve beside them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};
use turnpike_config::ProcessRole;
use turnpike_core::{ProcessId, Timestamp};
use turnpike_store::{GatewayLock, ProcessRow, Store, StoreError};

use super::App;

/// How often a process says that it is there.
const EVERY: Duration = Duration::from_secs(5);
/// Of whom nothing was heard for so long, it is not there.
const SILENT: Duration = Duration::from_secs(60);
/// Every so many times it is looked whether there is a worker.
const LOOK_FOR_WORKER: u32 = 12;
/// How long the database may take for a word.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process that has announced itself. Cheap to clone.
#[derive(Clone)]
pub(super) struct Announcement {
    store: Store,
    row: Arc<ProcessRow>,
    lock: Arc<Mutex<Option<GatewayLock>>>,
}

impl Announcement {
    /// Says that it is there.
    ///
    /// # Errors
    /// When another gateway serves that this one must not serve beside.
    pub(super) async fn make(app: &App, address: SocketAddr) -> Result<Self> {
        let (settings, store) = (&app.settings, app.operator.store.clone());
        let mut lock = None;
        if app.has(ProcessRole::Gateway) {
            // Who counts for itself must be the only one; those who count together may be any number.
            let alone = settings.redis.url.expose_secret().is_empty();
            let mut own = store.gateway_lock(alone);
            if !own.hold().await.context("it cannot be seen who else serves agents")? {
                bail!(
                    "setting `redis.url`: another process serves agents on this database, and one of the two counts limits in \
                     its own memory, so that each would let the whole of them through; set it for both, or stop the other one"
                );
            }
            lock = Some(own);
        }
        let names = settings.server.roles.iter().map(|role| role.as_str().to_owned());
        let servers = app.operator.integrations.iter().map(|own| own.manifest.name.to_owned());
        let row = ProcessRow {
            id: app.operator.ambient.id(),
            roles_json: names.collect(),
            servers_json: servers.collect(),
            version: env!("CARGO_PKG_VERSION").into(),
            address: address.to_string(),
            // The database's clock says.
            started_at: Timestamp::from_micros(0),
            seen_at: Timestamp::from_micros(0),
        };
        store.system().announce_process(&row).await?;
        Ok(Self { store, row: Arc::new(row), lock: Arc::new(Mutex::new(lock)) })
    }

    pub(super) fn id(&self) -> ProcessId {
        self.row.id
    }

    pub(super) fn roles(&self) -> String {
        self.row.roles_json.join(",")
    }

    /// Goes on saying it.
    pub(super) async fn keep_up(&self) {
        for time in 1_u32.. {
            sleep(EVERY).await;
            match timeout(PATIENCE, self.once_more(time)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "this process could not say that it is there"),
                Err(_) => tracing::warn!("this process could not say that it is there: the database does not answer"),
            }
        }
    }

    async fn once_more(&self, time: u32) -> Result<(), StoreError> {
        if let Some(lock) = &mut *self.lock.lock().await
            && !lock.hold().await?
        {
            tracing::error!(
                "another process serves agents on this database, and one of the two counts limits in its own memory: set \
                 `redis.url` for both, or stop one"
            );
        }
        let system = self.store.system();
        system.announce_process(&self.row).await?;
        if time.is_multiple_of(LOOK_FOR_WORKER) {
            let (all, now) = system.list_processes().await?;
            let works = |row: &ProcessRow| {
                now.since(row.seen_at) < SILENT
                    && row.roles_json.iter().any(|role| role == ProcessRole::Worker.as_str())
            };
            if !all.iter().any(works) {
                tracing::warn!(
                    "no process with the role \"worker\" has been seen for a minute: nothing is done in the background; \
                     start one with `turnpike serve --roles worker`"
                );
            }
        }
        Ok(())
    }

    /// Says that it is gone.
    pub(super) async fn take_back(self) {
        let gone = timeout(PATIENCE, self.store.system().delete_process(self.row.id)).await;
        if !matches!(gone, Ok(Ok(()))) {
            tracing::warn!("this process is still listed as one that serves; the list forgets it within the hour");
        }
    }
}
