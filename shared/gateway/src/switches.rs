//! What the operator has switched off, as this process last read it. Calls look here and at no database.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::{Duration, Instant},
};

use tokio::time::timeout;
use turnpike_store::{KillSwitch, Store, StoreError};

/// How often the switches are read again.
const EVERY: Duration = Duration::from_secs(2);
/// How long a reading may take: short enough for another one before the last is too old.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a reading is believed. After that nothing is admitted: a process that cannot read the switches must not go on
/// past one that was set, and could write no call into the ledger either.
const BELIEVED: Duration = Duration::from_secs(8);

/// The switches that stand. Cheap to clone.
#[derive(Clone)]
pub struct Switches(Arc<Inner>);

struct Inner {
    store: Store,
    reading: RwLock<Reading>,
}

struct Reading {
    /// When it was begun: a switch that was set before is in it.
    begun: Instant,
    standing: Arc<[KillSwitch]>,
}

/// The last reading is too old to go by.
#[derive(Debug, thiserror::Error)]
#[error("the kill switches cannot be read")]
pub(crate) struct Unreadable;

impl Switches {
    /// Reads the switches, and goes on reading them for as long as somebody holds them.
    ///
    /// # Errors
    /// When they cannot be read: nothing may be served then.
    pub async fn start(store: Store) -> Result<Self, StoreError> {
        let reading = RwLock::new(Reading::of(&store).await?);
        let inner = Arc::new(Inner { store, reading });
        tokio::spawn(read_again(Arc::downgrade(&inner)));
        Ok(Self(inner))
    }

    /// The switches that stand, oldest first.
    pub(crate) fn standing(&self) -> Result<Arc<[KillSwitch]>, Unreadable> {
        let reading = self.0.reading.read().unwrap_or_else(PoisonError::into_inner);
        if reading.begun.elapsed() > BELIEVED { Err(Unreadable) } else { Ok(reading.standing.clone()) }
    }
}

impl Reading {
    async fn of(store: &Store) -> Result<Self, StoreError> {
        let begun = Instant::now();
        let standing = store.system().list_switches().await?;
        Ok(Self { begun, standing: standing.into() })
    }
}

async fn read_again(switches: Weak<Inner>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(inner) = switches.upgrade() else { return };
        match timeout(PATIENCE, Reading::of(&inner.store)).await {
            Ok(Ok(reading)) => *inner.reading.write().unwrap_or_else(PoisonError::into_inner) = reading,
            Ok(Err(error)) => tracing::error!(%error, "the kill switches cannot be read"),
            Err(_) => tracing::error!("the kill switches could not be read in time"),
        }
    }
}
