//! Putting the product together, serving it, and stopping it without losing anything.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use turnpike_config::Settings;
use turnpike_core::{Currency, Timestamp};
use turnpike_gateway::{Authenticator, Gateway, Parts, Switches};
use turnpike_metering::{ArgumentsKeeper, Ledger, record_interrupted};
use turnpike_oauth::AuthorizationServer;
use turnpike_portal::Portal;
use turnpike_store::StoreError;
use turnpike_tenancy::PEPPER;

use crate::{authorization::authorization_server, member_calls::MemberCalls, operator::Operator, versions};

/// How often the small work that no call waits for is done.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(10);
/// A write that was sent so long ago has no process any more that waits for it: each of its few requests has an end.
const ABANDONED: Duration = Duration::from_secs(900);
/// How long the end waits for what should have ended by then.
const LAST_PATIENCE: Duration = Duration::from_secs(15);
/// How far back housekeeping looks for such writes; the start of a server looks at all.
const LOOK_BACK: Duration = Duration::from_secs(3600);

/// The product, put together.
pub struct App {
    /// The opened back ends.
    pub operator: Operator,
    /// The MCP host.
    pub gateway: Arc<Gateway>,
    /// The authorization server.
    pub oauth: AuthorizationServer,
    portal: Portal,
    /// Scheme and host that clients use.
    pub public_url: String,
    settings: Settings,
    ledger: JoinHandle<()>,
    arguments: JoinHandle<()>,
}

impl App {
    /// Puts the gateway over the opened back ends. `address` is where the server listens.
    pub async fn start(settings: Settings, operator: Operator, address: SocketAddr) -> Result<Self> {
        let pepper = operator.vault.deployment_secret(PEPPER).await?;
        let (ledger, writer) = Ledger::start(operator.store.clone());
        let (arguments, keeper) = ArgumentsKeeper::start(operator.store.clone());
        let public_url = match settings.server.public_url.trim_end_matches('/') {
            "" => format!("http://{address}"),
            url => url.to_owned(),
        };
        operator.tenancy.serve_at(&public_url)?;
        if let Some(callback) = operator.tenancy.callback_url() {
            operator.sandboxes.register_redirect(&callback);
        }
        for line in versions::ending(&settings, &operator.integrations, operator.ambient.now())? {
            tracing::warn!("{line}");
        }
        let oauth = authorization_server(&settings, &operator, &public_url).await?;
        let (store, ambient) = (operator.store.clone(), operator.ambient.clone());
        let gateway = Gateway::new(Parts {
            settings: settings.clone(),
            public_url: public_url.clone(),
            brand_name: settings.brand.name.clone(),
            ambient: operator.ambient.clone(),
            store: operator.store.clone(),
            switches: Switches::start(operator.store.clone()).await.context("what is switched off cannot be read")?,
            authenticator: Authenticator::new(store, ambient, pepper, oauth.clone()),
            upstream: operator.upstream.clone(),
            ledger,
            arguments,
            handles: operator.handles.clone(),
            integrations: operator.integrations.clone(),
        });
        let calls = MemberCalls {
            gateway: gateway.clone(),
            store: operator.store.clone(),
            integrations: operator.integrations.clone(),
        };
        let portal = Portal::new(turnpike_portal::Parts {
            settings: settings.clone(),
            public_url: public_url.clone(),
            ambient: operator.ambient.clone(),
            store: operator.store.clone(),
            tenancy: operator.tenancy.clone(),
            oauth: oauth.clone(),
            upstream: operator.upstream.clone(),
            integrations: operator.integrations.clone(),
            calls: Arc::new(calls),
        })?;
        let app = Self { operator, gateway, portal, oauth, public_url, settings, ledger: writer, arguments: keeper };
        app.housekeeper().begin().await?;
        Ok(app)
    }

    /// Serves until `stop` resolves; then finishes the calls under way and writes down what is left to write.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let keeper = self.housekeeper();
        let stopped = CancellationToken::new();
        let router = turnpike_gateway::router(&self.gateway, &stopped)
            .merge(self.operator.sandboxes.pages())
            .merge(turnpike_portal::router(&self.portal));
        let keeper = tokio::spawn(keeper.run(stopped.clone()));

        let draining = CancellationToken::new();
        let begin = draining.clone();
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                stop.await;
                begin.cancel();
            });
        let patience = Duration::from_secs(self.settings.server.drain_seconds);
        let mut too_late = std::pin::pin!(async {
            draining.cancelled().await;
            tokio::time::sleep(patience).await;
        });
        tokio::select! {
            result = server.into_future() => result.context("the server failed")?,
            () = &mut too_late => tracing::warn!(seconds = patience.as_secs(), "some calls did not end in time and are cut off"),
        }
        // Only now: cancelling earlier would turn calls under way into errors.
        stopped.cancel();
        let _ = keeper.await;
        self.finish().await
    }

    /// Stops what no call waits for; waits for refreshes and for the ledger.
    pub async fn finish(self) -> Result<()> {
        let Self { operator, gateway, portal, ledger, arguments, .. } = self;
        if timeout(LAST_PATIENCE, portal.finish()).await.is_err() {
            tracing::warn!("a mail is still on its way and is given up");
        }
        drop(portal);
        gateway.stop_background().await;
        if timeout(LAST_PATIENCE, operator.vault.drain()).await.is_err() {
            tracing::warn!("a refresh has not ended and is cut off; its connection may need a person");
        }
        gateway.authenticator().flush_last_used().await?;
        drop(gateway);
        if timeout(LAST_PATIENCE, ledger).await.is_err() {
            tracing::warn!("a call still holds the ledger; it is left behind");
        }
        if timeout(LAST_PATIENCE, arguments).await.is_err() {
            tracing::warn!("the arguments of the last calls are not kept");
        }
        tracing::info!("stopped");
        Ok(())
    }

    fn housekeeper(&self) -> Housekeeper {
        Housekeeper {
            operator: self.operator.clone(),
            gateway: self.gateway.clone(),
            oauth: self.oauth.clone(),
            currency: self.settings.prices.currency,
            idle: Duration::from_secs(60 * u64::from(self.settings.portal.idle_minutes)),
        }
    }
}

/// Finishes what a killed process has left behind, and what no call waits for.
struct Housekeeper {
    operator: Operator,
    gateway: Arc<Gateway>,
    oauth: AuthorizationServer,
    currency: Currency,
    /// How long a browser may do nothing and stay signed in.
    idle: Duration,
}

impl Housekeeper {
    /// Before the first call. What is under way in a data folder that nobody else uses was cut off.
    async fn begin(&self) -> Result<()> {
        let alone = self.operator.presence.is_alone()?;
        let now = self.operator.ambient.now();
        let before = if alone { now } else { now.minus(ABANDONED) };
        record_interrupted(&self.operator.store, Timestamp::from_micros(0)..before, now, self.currency).await?;
        if alone {
            self.operator.vault.take_over().await?;
        }
        Ok(())
    }

    /// Results, arguments, and those who did not come back from a vendor.
    async fn delete_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        let system = self.operator.store.system();
        system.delete_expired_jobs(now).await?;
        system.delete_expired_call_arguments(now).await?;
        system.delete_expired_authorizations(now).await?;
        system.delete_expired_links(now).await?;
        system.delete_ended_sessions(now.minus(self.idle), now).await.map(drop)
    }

    async fn run(self, stopped: CancellationToken) {
        while timeout(HOUSEKEEPING_EVERY, stopped.cancelled()).await.is_err() {
            let now = self.operator.ambient.now();
            let begun = now.minus(LOOK_BACK)..now.minus(ABANDONED);
            if let Err(error) = record_interrupted(&self.operator.store, begun, now, self.currency).await {
                tracing::warn!(%error, "interrupted writes were not looked for");
            }
            if let Err(error) = self.delete_expired(now).await {
                tracing::warn!(%error, "what is kept for a while only was not deleted");
            }
            if let Err(error) = self.operator.tenancy.revoke_waiting(now).await {
                tracing::warn!(%error, "vendors were not asked again to take grants back");
            }
            if let Err(error) = self.oauth.maintain().await {
                tracing::warn!(%error, "the keys for access tokens were not looked after");
            }
            if let Err(error) = self.gateway.authenticator().flush_last_used().await {
                tracing::warn!(%error, "the last use of credentials was not written down");
            }
        }
    }
}

/// Binds the address that the settings name.
pub async fn listen(settings: &Settings) -> Result<TcpListener> {
    let address = &settings.server.listen;
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen, port 0 picks a free one")
    })
}
