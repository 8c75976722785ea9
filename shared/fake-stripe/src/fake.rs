//! The handle that tests hold.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    Fault, RequestLog,
    faults::Waiting,
    server,
    world::{Shared, World, lock},
};

/// A Stripe of one's own; the server ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct FakeStripe {
    pub(crate) world: Shared,
    running: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeStripe {
    /// Listens on a free port; its clock stands at `now_seconds`.
    #[expect(clippy::expect_used, reason = "only tests start it, and without a port there is nothing to test")]
    pub async fn start(now_seconds: i64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the address it listens on");
        let mut world = World::new(now_seconds);
        world.url = format!("http://{address}");
        world.accounts[0].url.clone_from(&world.url);
        let world = Shared::new(world.into());
        let app = Router::new().fallback(server::answer).with_state(world.clone());
        let server = tokio::spawn(async move {
            // It ends with the handle, and never before.
            let _ = axum::serve(listener, app).await;
        });
        Self { world, running: Arc::new(Running { address, server }) }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    /// What its clock shows, in seconds since 1970.
    pub fn now(&self) -> i64 {
        lock(&self.world).now
    }

    /// Moves the clock; what was due until then has happened.
    pub async fn advance(&self, to_seconds: i64) {
        lock(&self.world).advance(to_seconds);
    }

    /// The next requests whose `METHOD /path` contains the given text meet a fault.
    pub fn fail_next(&self, path_contains: &str, fault: Fault, times: usize) {
        lock(&self.world).faults.push(Waiting { path_contains: path_contains.to_owned(), fault, times });
    }

    /// How long each request is worked on, so that two of them can meet.
    pub fn set_latency(&self, latency: Duration) {
        lock(&self.world).latency = latency;
    }

    /// Summaries leave out what came within the last seconds.
    pub fn set_summary_lag(&self, seconds: i64) {
        lock(&self.world).settings(|settings| settings.summary_lag = seconds);
    }

    /// The units that are counted for a customer from `since` (incl.) to `until` (excl.), late or not.
    pub fn meter_total(&self, customer: &str, since: i64, until: i64) -> i64 {
        let world = lock(&self.world);
        world.accounts.iter().map(|account| account.counted(customer, since, until)).sum()
    }

    /// An object, with all that it holds.
    pub fn object(&self, id: &str) -> Option<Value> {
        lock(&self.world).accounts.iter().find_map(|account| account.object(id).cloned())
    }

    /// All objects of a kind, such as `price` or `billing.meter`, the oldest first.
    pub fn list(&self, kind: &str) -> Vec<Value> {
        lock(&self.world).accounts.iter().flat_map(|account| account.all(kind)).collect()
    }

    /// Every event there was, delivered or not.
    pub fn events(&self) -> Vec<Value> {
        lock(&self.world).accounts.iter().flat_map(|account| account.events.clone()).collect()
    }

    /// Every request, in the order in which they came.
    pub fn requests(&self) -> Vec<RequestLog> {
        lock(&self.world).log.clone()
    }
}
