//! Putting the product together, serving it, and stopping it without losing anything.

use std::{future::Future, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use axum::serve::ListenerExt as _;
use secrecy::ExposeSecret as _;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use turnpike_breaker::Breakers;
use turnpike_config::Settings;
use turnpike_core::{Ambient, Handles, Wire};
use turnpike_gateway::{Authenticator, Gateway, Parts};
use turnpike_metering::{Ledger, record_interrupted};
use turnpike_sdk::{AuthShape, Integration};
use turnpike_store::Store;
use turnpike_upstream::{Endpoint, NetworkWire, Route, Upstream};
use turnpike_vault::{LocalKeys, Vault};

use crate::sandboxes::Sandboxes;

/// How often the keys' last-used instants are written down.
const LAST_USED_EVERY: Duration = Duration::from_secs(30);
/// Name of the secret that API keys are hashed under; a new version gets a new name.
const PEPPER: &str = "api-key-pepper/1";
/// Name of the secret that cursors are sealed under.
const HANDLE_KEY: &str = "handles/1";

/// The product, put together.
pub struct App {
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Database.
    pub store: Store,
    /// Credentials.
    pub vault: Vault,
    /// The way out.
    pub upstream: Upstream,
    /// The MCP host.
    pub gateway: Arc<Gateway>,
    /// Seals handles.
    pub handles: Handles,
    /// The simulated upstreams served by this process.
    pub sandboxes: Sandboxes,
    /// Scheme and host that clients use.
    pub public_url: String,
    settings: Settings,
    ledger: JoinHandle<()>,
}

impl App {
    /// Opens everything that the settings name. `address` is where the server listens.
    pub async fn start(settings: Settings, integrations: Vec<Integration>, address: SocketAddr) -> Result<Self> {
        let ambient = Ambient::system();
        make_folder(&settings.data)?;
        let store = open_store(&settings).await?;
        let keys = LocalKeys::open(&settings.key_file(), &ambient)?;
        let wire: Arc<dyn Wire> = Arc::new(NetworkWire::new().context("the HTTP client does not start")?);
        let vault = Vault::new(store.clone(), Arc::new(keys), wire.clone(), ambient.clone());

        let integrations = selected(&settings, integrations)?;
        let sandboxes = Sandboxes::start(&integrations, &ambient).await?;
        let routes = integrations.iter().map(|integration| route(&settings, integration, &sandboxes)).collect();
        let upstream = Upstream::new(vault.clone(), Breakers::default(), wire, ambient.clone(), routes);

        let handles = Handles::new(&*vault.deployment_secret(HANDLE_KEY).await?, ambient.clone());
        let authenticator = Authenticator::new(store.clone(), ambient.clone(), vault.deployment_secret(PEPPER).await?);
        let (ledger, writer) = Ledger::start(store.clone());
        let public_url = match settings.server.public_url.trim_end_matches('/') {
            "" => format!("http://{address}"),
            url => url.to_owned(),
        };
        let gateway = Gateway::new(Parts {
            settings: settings.clone(),
            public_url: public_url.clone(),
            ambient: ambient.clone(),
            store: store.clone(),
            authenticator,
            upstream: upstream.clone(),
            ledger,
            handles: handles.clone(),
            integrations,
        });
        Ok(Self { ambient, store, vault, upstream, gateway, handles, sandboxes, public_url, settings, ledger: writer })
    }

    /// Serves until `stop` resolves; then finishes the calls under way and writes down what is left to write.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        self.record_interrupted().await?;
        let stopped = CancellationToken::new();
        let router = turnpike_gateway::router(&self.gateway, &stopped);
        let keeper = tokio::spawn(keep_last_used(self.gateway.clone(), stopped.clone()));

        let draining = CancellationToken::new();
        let begin = draining.clone();
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(async move {
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

    /// Waits for refreshes and for the ledger; for commands that end without serving.
    pub async fn finish(self) -> Result<()> {
        let Self { vault, gateway, ledger, upstream, .. } = self;
        vault.drain().await;
        gateway.authenticator().flush_last_used().await?;
        drop((gateway, upstream, vault));
        if timeout(Duration::from_secs(15), ledger).await.is_err() {
            tracing::warn!("a call still holds the ledger; it is left behind");
        }
        tracing::info!("stopped");
        Ok(())
    }

    async fn record_interrupted(&self) -> Result<()> {
        let alone = self.settings.store_url().expose_secret().starts_with("sqlite:");
        record_interrupted(&self.store, self.ambient.now(), self.settings.prices.currency, alone).await?;
        Ok(())
    }
}

/// Opens the database. A SQLite file is brought to this version; PostgreSQL must have been, by its owner.
pub(crate) async fn open_store(settings: &Settings) -> Result<Store> {
    let url = settings.store_url();
    let store = Store::open(url.expose_secret(), settings.store.max_connections).await?;
    if url.expose_secret().starts_with("sqlite:") {
        store.migrate().await?;
    }
    store.check().await?;
    Ok(store)
}

/// Binds the address that the settings name.
pub async fn listen(settings: &Settings) -> Result<TcpListener> {
    let address = &settings.server.listen;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with --listen, port 0 picks a free one"))
}

/// Makes the data folder, for its owner only.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the data folder {}; choose another with --data", path.display()))
}

/// The integrations that the settings select.
fn selected(settings: &Settings, integrations: Vec<Integration>) -> Result<Vec<Arc<Integration>>> {
    let known: Vec<_> = integrations.iter().map(|integration| integration.manifest.name).collect();
    let named = settings.server.servers.iter().chain(settings.integrations.keys());
    if let Some(unknown) = named.clone().find(|name| !known.contains(&name.as_str())) {
        bail!("setting `server.servers` or a section [integrations.…]: there is no integration `{unknown}`; there are: {}", known.join(", "));
    }
    let wanted = |integration: &Integration| {
        settings.server.servers.is_empty() || settings.server.servers.iter().any(|name| name == integration.manifest.name)
    };
    Ok(integrations.into_iter().filter(wanted).map(Arc::new).collect())
}

fn route(settings: &Settings, integration: &Arc<Integration>, sandboxes: &Sandboxes) -> Route {
    let manifest = &integration.manifest;
    let own = settings.integration(manifest.name);
    let or = |set: String, shipped: &str| if set.is_empty() { shipped.to_owned() } else { set };
    let token_url = match &manifest.auth {
        AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => Some(oauth.token_url),
        AuthShape::SystemUserToken | AuthShape::ApiKey { .. } => None,
    };
    Route {
        integration: integration.clone(),
        live: Endpoint {
            base_url: or(own.base_url, manifest.base_url).trim_end_matches('/').into(),
            token_url: token_url.map(|shipped| or(own.token_url, shipped).into()),
        },
        sandbox: sandboxes.endpoint(manifest.name),
        version: or(own.version, manifest.version.version),
    }
}

async fn keep_last_used(gateway: Arc<Gateway>, stopped: CancellationToken) {
    while timeout(LAST_USED_EVERY, stopped.cancelled()).await.is_err() {
        if let Err(error) = gateway.authenticator().flush_last_used().await {
            tracing::warn!(%error, "the keys' last use was not written down");
        }
    }
}
