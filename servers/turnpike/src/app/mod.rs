//! Putting the product together, serving it, and stopping it without losing anything.

mod announcement;
mod door;
mod finish;
mod listen;
mod manager;
mod readiness;
mod routes;
mod serve;
mod standing;
mod work;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use turnpike_config::Settings;
use turnpike_gateway::{Authenticator, Gateway, Parts, Switches};
use turnpike_metering::{ArgumentsKeeper, Ledger};
use turnpike_oauth::AuthorizationServer;
use turnpike_portal::Portal;
use turnpike_tenancy::PEPPER;
use turnpike_work::Queue;

pub use listen::listen;

use crate::{authorization::authorization_server, member_calls::MemberCalls, operator::Operator, versions};

/// A write that was sent so long ago has no process any more that waits for it: each of its few requests has an end.
const ABANDONED: Duration = Duration::from_secs(900);

/// What has no effect, for the reason that prices which somebody has agreed to stay.
pub const OTHER_PRICES: &str =
    "the settings file has prices or plans that are in no version of the price book, so nothing goes by them";

/// How far a process is on its way out. Cheap to clone.
#[derive(Clone, Default)]
struct Going {
    /// Somebody has said stop.
    begun: CancellationToken,
    /// No call is under way any more, or none is waited for.
    ended: CancellationToken,
}

/// The product, put together.
pub struct App {
    /// The opened back ends.
    pub operator: Operator,
    /// The MCP host.
    pub gateway: Arc<Gateway>,
    /// The authorization server.
    pub oauth: AuthorizationServer,
    /// The pages and the mails.
    pub portal: Portal,
    /// Where background work is asked for.
    pub queue: Queue,
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
        if !operator.billing.books().settings_are_a_version() {
            tracing::warn!(
                "{OTHER_PRICES}; `turnpike prices set` makes a version of them, and `turnpike prices list` shows those there are"
            );
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
            books: operator.billing.books().clone(),
            ledger,
            arguments,
            handles: operator.handles.clone(),
            integrations: operator.integrations.clone(),
            limiter: operator.limiter.clone(),
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
            billing: operator.billing.clone(),
            upstream: operator.upstream.clone(),
            integrations: operator.integrations.clone(),
            calls: Arc::new(calls),
            limiter: operator.limiter.clone(),
        })?;
        let queue = Queue::new(operator.store.clone());
        let (ledger, arguments) = (writer, keeper);
        let app = Self { operator, gateway, portal, oauth, queue, public_url, settings, ledger, arguments };
        app.recover().await?;
        Ok(app)
    }

    /// Before the first call. What is under way in a data folder that nobody else uses was cut off.
    async fn recover(&self) -> Result<()> {
        let operator = &self.operator;
        let alone = operator.presence.is_alone()?;
        work::recover_at_start(operator, alone, self.settings.prices.currency).await?;
        if alone {
            operator.vault.take_over().await?;
        }
        Ok(())
    }
}
