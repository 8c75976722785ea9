//! Takes work that is due, a few pieces at a time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use turnpike_store::{Store, StoreError};

use crate::{Kind, Queue, lease::Bench};

/// How fast things go.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long work is another one's after its process was heard of last.
    pub lease: Duration,
    /// How often at least it is looked for work that others have asked for.
    pub look: Duration,
    /// So many pieces are done at a time.
    pub at_once: usize,
    /// How long what is under way may take to end when the process is going.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { lease: seconds(30), look: seconds(1), at_once: 4, patience: seconds(10) }
    }
}

/// Does work of the kinds that it knows.
pub struct Worker {
    store: Store,
    queue: Queue,
    /// As which it is known to others.
    name: String,
    kinds: BTreeMap<&'static str, Kind>,
    pace: Pace,
}

impl Worker {
    /// One that knows these kinds. `name` tells processes apart.
    pub fn new(store: Store, queue: Queue, name: String, kinds: Vec<Kind>) -> Self {
        let kinds = kinds.into_iter().map(|kind| (kind.name, kind)).collect();
        Self { store, queue, name, kinds, pace: Pace::default() }
    }

    /// At another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Works until `stop` is cancelled; then lets what is under way end, within its patience, and gives the rest back.
    pub async fn run(self, stop: CancellationToken) {
        let over = CancellationToken::new();
        let (store, stopping) = (self.store.clone(), stop.clone());
        let bench = Arc::new(Bench { store, pace: self.pace, stopping, over: over.clone() });
        let mut under_way = JoinSet::new();
        let mut planned = false;
        while !stop.is_cancelled() {
            while under_way.try_join_next().is_some() {}
            let wait = match self.step(&mut planned, &bench, &mut under_way).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "it cannot be seen what work is due");
                    self.pace.look
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.queue.bell.notified() => {}
                Some(_) = under_way.join_next() => {}
                () = sleep(wait) => {}
            }
        }
        if timeout(self.pace.patience, async { while under_way.join_next().await.is_some() {} }).await.is_err() {
            over.cancel();
            while under_way.join_next().await.is_some() {}
        }
    }

    /// Takes all that is due and for which there is room; how long to wait for more.
    async fn step(
        &self,
        planned: &mut bool,
        bench: &Arc<Bench>,
        under_way: &mut JoinSet<()>,
    ) -> Result<Duration, StoreError> {
        if !*planned {
            self.plan().await?;
            *planned = true;
        }
        let (names, system) = (self.kinds.keys().copied().collect::<Vec<_>>(), self.store.system());
        while under_way.len() < self.pace.at_once {
            match system.next_work(&names).await? {
                Some(Duration::ZERO) => {}
                next => return Ok(next.map_or(self.pace.look, |next| next.min(self.pace.look))),
            }
            let since = Instant::now();
            let Some(item) = system.claim_work(&names, &self.name, self.pace.lease).await? else {
                // Another process is taking it at this moment.
                return Ok(Duration::from_millis(20));
            };
            let Some(kind) = self.kinds.get(item.kind.as_str()).cloned() else { continue };
            let bench = bench.clone();
            under_way.spawn(async move { bench.perform(kind, item, since).await });
        }
        // Whichever ends first makes room.
        Ok(Duration::from_secs(3600))
    }

    /// Plans what is done again and again. Whoever comes first does.
    async fn plan(&self) -> Result<(), StoreError> {
        for kind in self.kinds.values() {
            if let Some(every) = kind.every {
                self.store.system().plan_work(kind.name, "", every).await?;
            }
        }
        Ok(())
    }
}
