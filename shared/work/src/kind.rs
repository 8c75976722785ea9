//! What can be done, and what is known about the one time that it is done.

use std::{fmt::Display, future::Future, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use turnpike_core::Timestamp;
use turnpike_store::{Store, StoreError, WorkItem};

/// A kind of work.
#[derive(Clone)]
pub struct Kind {
    pub(crate) name: &'static str,
    pub(crate) every: Option<Duration>,
    pub(crate) run: Arc<dyn Fn(Turn) -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Kind {
    /// Done once in each slot of that length, by one process of all; slots that were missed are one. Slots begin at multiples of
    /// their length, so that those of a day begin at midnight, UTC. What fails is tried again before the next slot.
    ///
    /// The name is `area.what`; it holds no comma.
    pub fn every<F, E>(name: &'static str, every: Duration, run: impl Fn(Turn) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        Self { every: Some(every), ..Self::on_demand(name, run) }
    }

    /// Done when [`Queue::add`](crate::Queue::add) has asked for it, until it ends well.
    pub fn on_demand<F, E>(name: &'static str, run: impl Fn(Turn) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let run = move |turn| -> BoxFuture<'static, _> {
            let done = run(turn);
            Box::pin(async move { done.await.map_err(|error| error.to_string()) })
        };
        Self { name, every: None, run: Arc::new(run) }
    }
}

/// The one time that a piece of work is done.
pub struct Turn {
    pub(crate) store: Store,
    pub(crate) item: WorkItem,
    pub(crate) stopping: CancellationToken,
    pub(crate) lease: Duration,
}

impl Turn {
    /// To what it is done; empty where there is nothing to name.
    pub fn subject(&self) -> &str {
        &self.item.subject
    }

    /// How often it was begun since it last ended well, this time included.
    pub fn attempt(&self) -> i64 {
        self.item.attempts
    }

    /// When it last ended well, if it ever did, by the database's clock.
    pub fn last_ended_at(&self) -> Option<Timestamp> {
        self.item.last_ended_at
    }

    /// Whether this process still has it for itself. The worker sees to that while it runs; ask before what must not be done
    /// twice, such as by a process that was held up for minutes without knowing it.
    pub async fn holds(&self) -> Result<bool, StoreError> {
        self.store.system().renew_work(&self.item, self.lease).await
    }

    /// Whether the process is going: what takes long ends at its next step, and the rest is done elsewhere.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }
}
