//! Everything but serving: the opened back ends, and what an operator does with them.

use std::{collections::HashMap, path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use turnpike_breaker::Breakers;
use turnpike_config::Settings;
use turnpike_core::{Ambient, ApiKey, ApiKeyId, ConnectionId, Handles, Role, TenantId, Timestamp, Wire};
use turnpike_sdk::{AuthShape, Connection, Integration};
use turnpike_store::{ConnectionState, KillSwitch, NewApiKey, NewConnection, NewTenant, Store};
use turnpike_upstream::{Endpoint, NetworkWire, Route, Upstream};
use turnpike_vault::{Credential, LocalKeys, Vault};

use crate::{presence::Presence, sandboxes::Sandboxes};

/// Name of the secret that API keys are hashed under; a new version gets a new name.
pub(crate) const PEPPER: &str = "api-key-pepper/1";
/// The version in that name.
const PEPPER_VERSION: i64 = 1;
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
    /// The integrations that the settings select.
    pub integrations: Vec<Arc<Integration>>,
    /// Shows other processes that this one uses the data folder.
    pub presence: Arc<Presence>,
}

/// What an API key may do.
pub struct KeyRequest<'a> {
    /// Name, for lists.
    pub name: &'a str,
    /// Scopes such as `google-ads:read`.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open; `None`: what its scopes need.
    pub role: Option<Role>,
    /// The integrations it reaches; `None` is all.
    pub servers: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// May it reach live connections, and spend money?
    pub live: bool,
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
        Ok(Self { ambient, store, vault, upstream, handles, sandboxes, integrations, presence })
    }

    /// Adds a tenant.
    pub async fn add_tenant(&self, name: &str) -> Result<TenantId> {
        let id: TenantId = self.ambient.id();
        let tenant = NewTenant { id, name: name.into(), created_at: self.ambient.now() };
        self.store.system().insert_tenant(&tenant).await?;
        Ok(id)
    }

    /// Makes an API key. Only its hash is kept: the key itself is to be shown now or never.
    pub async fn add_key(&self, tenant: TenantId, request: KeyRequest<'_>) -> Result<ApiKey> {
        let key = ApiKey::mint(&self.ambient, request.live);
        let pepper = self.vault.deployment_secret(PEPPER).await?;
        let id: ApiKeyId = self.ambient.id();
        let new = NewApiKey {
            id,
            name: request.name.into(),
            hint: key.hint(),
            hash: key.hash(&pepper),
            pepper_version: PEPPER_VERSION,
            role: request.role.unwrap_or_else(|| role_for(&request.scopes)),
            scopes: request.scopes,
            servers: request.servers,
            allowed_ips: vec![],
            expires_at: request.expires_at,
            live: request.live,
            created_at: self.ambient.now(),
        };
        self.store.tenant(tenant).insert_api_key(&new).await?;
        Ok(key)
    }

    /// Connects a tenant to an integration, or renews its connection, and finds the accounts that the grant reaches. A
    /// credential that does not work is kept all the same, so that it can be replaced.
    pub async fn connect(
        &self,
        tenant: TenantId,
        integration: &str,
        sandbox: bool,
        form: HashMap<&'static str, String>,
    ) -> Result<Connection> {
        let Some(route) = self.upstream.find_route(integration) else {
            bail!("there is no integration `{integration}` here")
        };
        self.refuse_switched_off(tenant, integration).await?;
        let credential = Credential::from_form(&route.integration.manifest.auth, form)?;
        let mut connection = self.connection_row(tenant, integration, sandbox).await?;
        let renewal =
            self.upstream.renewal(&connection).context("the sandbox of this integration is not served here")?;
        self.vault.replace(&renewal, &credential).await?;

        let rows = self.store.tenant(tenant);
        rows.set_connection_state(connection.id, ConnectionState::Ok, None, self.ambient.now()).await?;
        connection.accounts =
            self.upstream.discover_accounts(Arc::new(connection.clone()), self.handles.clone()).await.map_err(
                |error| anyhow::anyhow!("the credential is stored, but its accounts cannot be read: {error}"),
            )?;
        rows.set_connection_accounts(connection.id, &serde_json::to_string(&connection.accounts)?, self.ambient.now())
            .await?;
        Ok(connection)
    }

    /// A credential is not tried, and not exchanged, where no call may be made.
    async fn refuse_switched_off(&self, tenant: TenantId, integration: &str) -> Result<()> {
        let switches = self.store.system().list_switches().await?;
        if let Some(switch) = switches.iter().find(|switch| switch.target.covers(tenant, integration, None)) {
            let KillSwitch { target, set_at, reason, .. } = switch;
            bail!("{target} is switched off since {set_at} ({reason}); `turnpike switch on` comes before `connect`");
        }
        Ok(())
    }

    /// The tenant's connection to the integration: the present one, or a new one.
    async fn connection_row(&self, tenant: TenantId, integration: &str, sandbox: bool) -> Result<Connection> {
        let rows = self.store.tenant(tenant);
        let found = rows.find_connection(integration).await?;
        if found.as_ref().is_some_and(|row| row.sandbox != sandbox) {
            bail!(
                "the connection to {integration} is {} sandbox one; a connection does not change sides",
                if sandbox { "not a" } else { "a" }
            );
        }
        let id = match found {
            Some(row) => row.id,
            None => {
                let (id, now): (ConnectionId, _) = (self.ambient.id(), self.ambient.now());
                // Until its credential is stored, and for good if that is refused.
                let (accounts_json, state, predicted_end) = ("[]".into(), ConnectionState::ReconnectNeeded, None);
                rows.insert_connection(&NewConnection {
                    id,
                    integration: integration.into(),
                    sandbox,
                    accounts_json,
                    state,
                    predicted_end,
                    now,
                })
                .await?;
                id
            }
        };
        Ok(Connection { id, tenant, integration: integration.into(), sandbox, accounts: vec![] })
    }
}

/// The least role that can do all that the scopes open.
fn role_for(scopes: &[String]) -> Role {
    if scopes.iter().any(|scope| scope.ends_with(":write")) { Role::Member } else { Role::Auditor }
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
    let or = |set: String, shipped: &str| if set.is_empty() { shipped.to_owned() } else { set };
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
        },
        root => Endpoint::below(root, manifest.regions, token_url),
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
