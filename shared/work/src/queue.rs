//! Asking for work, from any process.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use turnpike_store::{Store, StoreError};

/// Where work is asked for. A worker of this process hears of it at once, those of others when they look next. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    store: Store,
    pub(crate) bell: Arc<Notify>,
}

impl Queue {
    /// The queue of a deployment.
    pub fn new(store: Store) -> Self {
        Self { store, bell: Arc::default() }
    }

    /// Asks for work that is done once, now. Asked for twice it is done once, or once more when it is under way.
    pub async fn add(&self, kind: &str, subject: &str) -> Result<(), StoreError> {
        self.store.system().add_work(kind, subject, Duration::ZERO).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// Lets scheduled work be done now, out of turn.
    pub async fn hasten(&self, kind: &str) -> Result<(), StoreError> {
        self.store.system().hasten_work(kind, None).await?;
        self.bell.notify_one();
        Ok(())
    }
}
