//! Whether this process should be sent requests. Vendors are not asked: one of them that is out would take every process away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{sync::Mutex, time::timeout};
use tokio_util::sync::CancellationToken;
use turnpike_store::Store;

/// How long it is believed that all is well.
const BELIEVED: Duration = Duration::from_secs(5);
/// How long it is believed that it is not.
const DOUBTED: Duration = Duration::from_secs(1);
/// How long the database may take to say so.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `/ready` says. Cheap to clone.
#[derive(Clone)]
pub(super) struct Readiness(Arc<Inner>);

struct Inner {
    store: Store,
    /// This process is going.
    begun: CancellationToken,
    /// The last look at the database. Who looks holds it: the database is asked once, however many ask here.
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    pub(super) fn new(store: Store, begun: CancellationToken) -> Self {
        Self(Arc::new(Inner { store, begun, last: Mutex::default() }))
    }

    /// `/health` says that the process is there, `/ready` that it can be sent requests.
    pub(super) fn routes(self) -> Router {
        Router::new().route("/health", get(|| async { "ok" })).route("/ready", get(ready)).with_state(self)
    }

    /// Why this process should be sent no requests.
    async fn reason(&self) -> Option<&'static str> {
        if self.0.begun.is_cancelled() {
            return Some("this process is stopping");
        }
        let mut last = self.0.last.lock().await;
        let known = last.filter(|(at, well)| at.elapsed() < if *well { BELIEVED } else { DOUBTED });
        let well = match known {
            Some((_, well)) => well,
            None => self.look().await,
        };
        if known.is_none() {
            *last = Some((Instant::now(), well));
        }
        (!well).then_some("the database does not answer, or is not at this version")
    }

    async fn look(&self) -> bool {
        match timeout(PATIENCE, self.0.store.check()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "not ready");
                false
            }
            Err(_) => {
                tracing::error!("not ready: the database does not answer");
                false
            }
        }
    }
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.reason().await {
        None => "ready".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}
