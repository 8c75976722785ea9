//! Serving until somebody says stop: first this process says that it goes, then it takes nothing new, then it ends.

use std::{future::Future, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use axum::serve::ListenerExt as _;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use turnpike_config::ProcessRole;
use turnpike_core::ProcessId;
use turnpike_gateway::Gateway;
use turnpike_telemetry::metrics;
use turnpike_work::Worker;

use super::{
    App, Going,
    announcement::Announcement,
    door::Door,
    finish::{LAST_PATIENCE, within},
    manager,
    standing::Lookout,
    work::{Desk, hasten_billing},
};
use crate::upkeep;

/// How often it is written down when credentials were last used.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// How long the first request of a connection that was just taken may be on its way when this process goes.
const ARRIVAL: Duration = Duration::from_millis(250);

impl App {
    /// Serves until `stop` resolves; then finishes the calls under way and writes down what is left to write.
    ///
    /// # Errors
    /// When this process must not serve beside those that serve already, or when the server fails.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let address = listener.local_addr()?;
        let announcement = Announcement::make(&self, address).await?;
        let going = Going::default();
        let router = self.routes(&going);
        let mut beside = JoinSet::new();
        let announced = announcement.clone();
        beside.spawn(going.ended.clone().run_until_cancelled_owned(async move { announced.keep_up().await }));
        if self.has(ProcessRole::Portal) {
            let (billing, queue) = (self.operator.billing.clone(), self.queue.clone());
            beside.spawn(going.ended.clone().run_until_cancelled_owned(hasten_billing(billing, queue)));
        }
        beside.spawn(going.ended.clone().run_until_cancelled_owned(flush_last_used(self.gateway.clone())));
        if metrics::are_on() {
            beside.spawn(going.ended.clone().run_until_cancelled_owned(self.lookout().keep()));
        }
        // It takes nothing new from the first moment of the end, and has as long as the calls to finish what it has.
        let worker = self.has(ProcessRole::Worker).then(|| self.worker(announcement.id()));
        let worker = worker.map(|worker| tokio::spawn(worker.run(going.begun.clone())));

        tracing::info!(%address, public_url = self.public_url, process = %announcement.id(),
            roles = announcement.roles(), "serving");
        manager::keep_alive();
        manager::serving();
        self.take_requests(listener, router, &going, stop).await?;
        // Only now: cancelling earlier would turn calls under way into errors.
        going.ended.cancel();
        while let Some(ended) = beside.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "work beside the requests did not end as it should");
            }
        }
        if let Some(worker) = worker {
            within(
                LAST_PATIENCE,
                worker,
                "work in the background does not end; others take it over when its lease is over",
            )
            .await;
        }
        let finished = self.finish().await;
        announcement.take_back().await;
        finished
    }

    /// Until the last call is answered, or was given long enough.
    async fn take_requests(
        &self,
        listener: TcpListener,
        router: axum::Router,
        going: &Going,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        let settings = &self.settings.server;
        let (still, patience) =
            (Duration::from_secs(settings.ready_seconds), Duration::from_secs(settings.drain_seconds));
        let (begun, shut, closed) = (going.begun.clone(), CancellationToken::new(), CancellationToken::new());
        let listener = Door::open(listener, shut.clone())?.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let closing = closed.clone();
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                stop.await;
                manager::stopping();
                begun.cancel();
                sleep(still).await;
                shut.cancel();
                sleep(ARRIVAL).await;
                closing.cancel();
            });
        let mut too_late = std::pin::pin!(async {
            closed.cancelled().await;
            sleep(patience).await;
        });
        tokio::select! {
            result = server.into_future() => result.context("the server failed")?,
            () = &mut too_late => tracing::warn!(seconds = patience.as_secs(), "some calls did not end in time and are cut off"),
        }
        Ok(())
    }

    fn lookout(&self) -> Lookout {
        let (operator, settings) = (self.operator.clone(), self.settings.clone());
        Lookout { operator, settings, works: self.has(ProcessRole::Worker) }
    }

    /// What this process does in the background.
    fn worker(&self, process: ProcessId) -> Worker {
        let desk = Desk {
            operator: self.operator.clone(),
            oauth: self.oauth.clone(),
            portal: self.portal.clone(),
            currency: self.settings.prices.currency,
            idle: Duration::from_secs(60 * u64::from(self.settings.portal.idle_minutes)),
            upkeep: upkeep::of(&self.settings),
        };
        Worker::new(self.operator.store.clone(), self.queue.clone(), process.to_string(), desk.kinds())
    }
}

/// This process alone knows which credentials it has seen.
async fn flush_last_used(gateway: std::sync::Arc<Gateway>) {
    loop {
        sleep(FLUSH_EVERY).await;
        match timeout(FLUSH_EVERY, gateway.authenticator().flush_last_used()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last use of credentials was not written down"),
            Err(_) => tracing::warn!("the database does not answer; the last use of credentials is not written down"),
        }
    }
}
