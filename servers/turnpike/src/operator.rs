//! Everything but serving: the opened back ends, and what an operator does with them.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use turnpike_breaker::Breakers;
use turnpike_config::{IntegrationSettings, Settings};
use turnpike_core::{Ambient, Handles, Wire};
use turnpike_oauth::Egress;
use turnpike_sdk::{AuthShape, Integration};
use turnpike_store::Store;
use turnpike_tenancy::{OAuthApp, Parts, Tenancy};
use turnpike_upstream::{Endpoint, NetworkWire, Route, Upstream};
use turnpike_vault::{LocalKeys, Vault};

use crate::{presence::Presence, sandboxes::Sandboxes};

/// Name of the secret that cursors are sealed under.
const HANDLE_KEY: &str = "handles/1";

/// The opened back ends. Cheap to clone.
#[derive(Clone)]
pub struct Operator {
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Database.
    pub store: Store,
    /// Credentials.
    pub vault: Vault,
    /// The way out.
    pub upstream: Upstream,
    /// Seals handles.
    pub handles: Handles,
    /// The simulated upstreams served by this process.
    pub sandboxes: Arc<Sandboxes>,
    /// What people do to a tenant.
    pub tenancy: Tenancy,
    /// The integrations that the settings select.
    pub integrations: Vec<Arc<Integration>>,
    /// Fetches what strangers name: the documents of clients.
    pub egress: Egress,
    /// Shows other processes that this one uses the data folder.
    pub presence: Arc<Presence>,
}

impl Operator {
    /// Opens everything that the settings name.
    pub async fn open(settings: &Settings, integrations: Vec<Integration>, ambient: Ambient) -> Result<Self> {
        make_folder(&settings.data)?;
        let presence = Arc::new(Presence::show(settings)?);
        let store = open_store(settings).await?;
        let keys = LocalKeys::open(&settings.key_file(), &ambient)?;
        let wire: Arc<dyn Wire> = Arc::new(NetworkWire::new().context("the HTTP client does not start")?);
        let vault = Vault::new(store.clone(), Arc::new(keys), wire.clone(), ambient.clone());

        let integrations = selected(settings, integrations)?;
        let sandboxes = Arc::new(Sandboxes::start(&integrations, &ambient).await?);
        let routes = integrations.iter().map(|integration| route(settings, integration, &sandboxes)).collect();
        let upstream = Upstream::new(vault.clone(), Breakers::default(), wire, ambient.clone(), routes);
        let handles = Handles::new(&*vault.deployment_secret(HANDLE_KEY).await?, ambient.clone());
        let tenancy = Tenancy::open(Parts {
            store: store.clone(),
            vault: vault.clone(),
            upstream: upstream.clone(),
            handles: handles.clone(),
            ambient: ambient.clone(),
            live_apps: integrations.iter().filter_map(|integration| app(settings, integration)).collect(),
            sandbox_apps: sandboxes.apps(),
        })
        .await?;
        let egress = Egress::public().context("the HTTP client does not start")?;
        Ok(Self { ambient, store, vault, upstream, handles, sandboxes, tenancy, integrations, egress, presence })
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
pub(crate) fn selected(settings: &Settings, integrations: Vec<Integration>) -> Result<Vec<Arc<Integration>>> {
    let known: Vec<_> = integrations.iter().map(|integration| integration.manifest.name).collect();
    let named = settings.server.servers.iter().chain(settings.integrations.keys());
    if let Some(unknown) = named.clone().find(|name| !known.contains(&name.as_str())) {
        bail!(
            "setting `server.servers` or a section [integrations.…]: there is no integration `{unknown}`; there are: {}",
            known.join(", ")
        );
    }
    let wanted = |integration: &Integration| {
        settings.server.servers.is_empty()
            || settings.server.servers.iter().any(|name| name == integration.manifest.name)
    };
    Ok(integrations.into_iter().filter(wanted).map(|integration| Arc::new(integration.with_kit())).collect())
}

fn route(settings: &Settings, integration: &Arc<Integration>, sandboxes: &Sandboxes) -> Route {
    let manifest = &integration.manifest;
    let own = settings.integration(manifest.name);
    let revoke_url = revoke_url(&own, &manifest.auth);
    let token_url = match &manifest.auth {
        AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => {
            Some(oauth.token_url)
        }
        AuthShape::SystemUserToken(user) => Some(user.token_url),
        AuthShape::ApiKey { .. } => None,
    };
    let token_url = token_url.map(|shipped| or(own.token_url, shipped).into());
    let live = match own.base_url.trim_end_matches('/') {
        "" => Endpoint {
            base_url: manifest.base_url.into(),
            regions: manifest.regions.iter().map(|region| (region.name, region.base_url.into())).collect(),
            token_url,
            revoke_url,
        },
        root => Endpoint { token_url, revoke_url, ..Endpoint::below(root, manifest.regions) },
    };
    let shipped_hosts = manifest.download_hosts.iter().map(|host| (*host).to_owned());
    Route {
        integration: integration.clone(),
        live,
        sandbox: sandboxes.endpoint(manifest.name),
        version: or(own.version, manifest.version.version),
        download_hosts: shipped_hosts.chain(own.download_hosts).collect(),
    }
}

/// Where grants are taken back. Where tokens come from somewhere else, the vendor's own place knows nothing of them.
fn revoke_url(own: &IntegrationSettings, shape: &AuthShape) -> Option<Arc<str>> {
    match (own.revoke_url.as_str(), own.token_url.as_str()) {
        ("", "") => shape.oauth()?.revoke_url.map(Arc::from),
        ("", _) => None,
        (set, _) => Some(set.into()),
    }
}

/// The operator's own OAuth client at the vendor, where there is one.
fn app(settings: &Settings, integration: &Integration) -> Option<(String, OAuthApp)> {
    let (manifest, own) = (&integration.manifest, settings.integration(integration.manifest.name));
    let oauth = manifest.auth.oauth().filter(|_| !own.client_id.is_empty())?;
    let authorize_url = or(own.authorize_url, oauth.authorize_url);
    let app = OAuthApp { client_id: own.client_id, client_secret: own.client_secret, authorize_url };
    Some((manifest.name.into(), app))
}

/// What the settings say, or else what was shipped.
fn or(set: String, shipped: &str) -> String {
    if set.is_empty() { shipped.to_owned() } else { set }
}
