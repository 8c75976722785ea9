//! Everything but serving: the opened back ends, and what an operator does with them.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use turnpike_billing::Billing;
use turnpike_breaker::{Breakers, Policy};
use turnpike_config::{IntegrationSettings, Settings, WhenGone};
use turnpike_core::{Ambient, Handles, Wire};
use turnpike_limiter::{
    Limiter,
    quota::{Allowance, QuotaBroker},
};
use turnpike_metering::{Books, PriceBook};
use turnpike_oauth::Egress;
use turnpike_redis::Redis;
use turnpike_sdk::{AppQuota, AuthShape, Integration};
use turnpike_store::Store;
use turnpike_tenancy::{OAuthApp, Parts, Tenancy};
use turnpike_upstream::{Endpoint, NetworkWire, Route, Upstream};
use turnpike_vault::Vault;

use crate::{keys, presence::Presence, sandboxes::Sandboxes};

/// Name of the secret that cursors are sealed under.
const HANDLE_KEY: &str = "handles/1";

/// The opened back ends. Cheap to clone.
#[derive(Clone)]
pub struct Operator {
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Database.
    pub store: Store,
    /// What processes share besides it, where the settings name one.
    pub redis: Option<Redis>,
    /// How often calls may be made, and whatever else is counted.
    pub limiter: Limiter,
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
    /// What tenants pay for.
    pub billing: Billing,
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
        let redis = open_redis(settings).await?;
        let limiter = limiter(settings, redis.as_ref());
        let keys = keys::open(settings, &ambient).await?;
        let wire: Arc<dyn Wire> = Arc::new(NetworkWire::new().context("the HTTP client does not start")?);
        let vault = Vault::new(store.clone(), keys, wire.clone(), ambient.clone());

        let integrations = selected(settings, integrations)?;
        let sandboxes = Arc::new(Sandboxes::start(&integrations, &ambient).await?);
        let routes = integrations.iter().map(|integration| route(settings, integration, &sandboxes)).collect();
        let breakers = Breakers::new(Policy::default(), redis.clone());
        let quota = QuotaBroker::new(redis.clone(), when_gone(settings));
        let upstream = Upstream::new(vault.clone(), breakers, quota, wire, ambient.clone(), routes);
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
        let billing = Billing::new(turnpike_billing::Parts {
            store: store.clone(),
            ambient: ambient.clone(),
            books: open_books(settings, &store, &ambient).await?,
            settings: settings.payments.clone(),
            costs: settings.costs.clone(),
            integrations: settings.integrations.clone().into_iter().collect(),
        })?;
        let egress = Egress::public().context("the HTTP client does not start")?;
        Ok(Self {
            ambient,
            store,
            redis,
            limiter,
            vault,
            upstream,
            handles,
            sandboxes,
            tenancy,
            billing,
            integrations,
            egress,
            presence,
        })
    }
}

/// Redis, where the settings name one. That it is gone now is told, and no more: a process must be able to start meanwhile.
async fn open_redis(settings: &Settings) -> Result<Option<Redis>> {
    if settings.redis.url.expose_secret().is_empty() {
        return Ok(None);
    }
    let redis = Redis::open(&settings.redis.url).context("setting `redis.url`")?;
    // It says so itself.
    let _ = redis.ping().await;
    Ok(Some(redis))
}

/// What becomes of limits and quotas while Redis is gone.
fn when_gone(settings: &Settings) -> turnpike_limiter::WhenGone {
    match settings.redis.when_gone {
        WhenGone::Local => turnpike_limiter::WhenGone::CountAlone,
        WhenGone::Refuse => turnpike_limiter::WhenGone::Refuse,
    }
}

/// Counts in Redis where there is one, else in memory.
fn limiter(settings: &Settings, redis: Option<&Redis>) -> Limiter {
    let when_gone = when_gone(settings);
    redis.map_or_else(Limiter::default, |redis| Limiter::shared(redis.clone(), when_gone))
}

/// The versions of the price book; the first comes from the settings.
async fn open_books(settings: &Settings, store: &Store, ambient: &Ambient) -> Result<Books> {
    let book = PriceBook::of_settings(settings.prices.clone(), settings.plans.clone());
    Books::start(store.clone(), book, ambient.now()).await.context("the versions of the price book cannot be read")
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
    let (revoke_url, app_quota) = (revoke_url(&own, &manifest.auth), app_quota(&own, manifest.app_quota));
    let token_url = match &manifest.auth {
        AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => {
            Some(oauth.token_url)
        }
        AuthShape::SystemUserToken(user) => user.app.as_ref().map(|app| app.token_url),
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
        app_quota,
    }
}

/// What the vendor lets one app do: what the settings say of a day, or else what was shipped.
fn app_quota(own: &IntegrationSettings, shipped: Option<AppQuota>) -> Option<Allowance> {
    let set = u64::try_from(own.app_quota_per_day).ok().filter(|operations| *operations > 0);
    let set = set.map(|operations| AppQuota { operations, window: Duration::from_secs(24 * 3600) });
    let AppQuota { operations, window } = set.or(shipped)?;
    Some(Allowance { operations, window, reserve_percent: own.app_reserve_percent })
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
