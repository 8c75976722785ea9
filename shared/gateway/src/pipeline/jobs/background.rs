//! Reads that go on after their calls were answered: in this process, for a while, and for so many of a tenant.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use turnpike_core::{JobId, TenantId};

/// How long a read may go on.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

type Places = Arc<Mutex<HashMap<JobId, (TenantId, CancellationToken)>>>;

/// The reads under way.
#[derive(Default)]
pub(crate) struct Background {
    places: Places,
    tasks: TaskTracker,
    stopped: CancellationToken,
}

/// A place among them, until it is dropped.
pub(super) struct Place {
    id: JobId,
    cancelled: CancellationToken,
    places: Places,
}

impl Background {
    /// A place for this job, unless the tenant has `most` already.
    pub(super) fn take(&self, id: JobId, tenant: TenantId, most: usize) -> Option<Place> {
        let mut places = lock(&self.places);
        if self.stopped.is_cancelled() || places.values().filter(|(whose, _)| *whose == tenant).count() >= most {
            return None;
        }
        let cancelled = self.stopped.child_token();
        places.insert(id, (tenant, cancelled.clone()));
        Some(Place { id, cancelled, places: self.places.clone() })
    }

    /// Whether the job is being worked on in this process.
    pub(super) fn is_running(&self, id: JobId) -> bool {
        lock(&self.places).contains_key(&id)
    }

    /// Lets the work go on until it ends, is cancelled, or the process stops.
    pub(super) fn spawn(&self, place: Place, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = place.cancelled.cancelled() => {}
                () = work => {}
            }
        });
    }

    /// Stops the work on a job, if this process is at it.
    pub(super) fn cancel(&self, id: JobId) {
        if let Some((_, cancelled)) = lock(&self.places).get(&id) {
            cancelled.cancel();
        }
    }

    /// Stops all work and takes no more. Whoever asks for it later begins again.
    pub(crate) async fn stop(&self) {
        self.stopped.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.places).remove(&self.id);
    }
}

fn lock(places: &Places) -> MutexGuard<'_, HashMap<JobId, (TenantId, CancellationToken)>> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}
