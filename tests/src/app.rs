//! The product in this process, on a throwaway database, behind its real HTTP stack.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use sqlx::Connection as _;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use turnpike::{app::App, operator::Operator};
use turnpike_config::{Layers, Settings};
use turnpike_core::{Ambient, Clock, Entropy, Role, SystemClock, TenantId, Timestamp};
use turnpike_gateway::Gateway;
use turnpike_oauth::AuthorizationServer;
use turnpike_portal::Portal;
use turnpike_sdk::{Connection, Integration, Recorded, Script, TokenEndpoint};
use turnpike_store::{CallFilter, CallRow, Store, Subscription, SubscriptionState};
use turnpike_tenancy::{Actor, Allow, ConnectError, KeyRequest, Side};
use turnpike_testkit::{Postgres, TestDatabase};

use crate::{agent::Agent, probe};

/// Which database a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// A file in a temporary folder.
    Sqlite,
    /// A fresh database, served by a role without ownership.
    Postgres,
}

/// An integration's upstream: its sandbox, in the place of the vendor.
pub struct FakeVendor {
    /// What goes wrong next, and what was received.
    pub script: Script,
    /// Its authorization server.
    pub tokens: Option<TokenEndpoint>,
    /// Connect-form values that it accepts.
    pub credential: Vec<(&'static str, String)>,
    /// Where its API is.
    pub base_url: String,
    /// Path of its token endpoint.
    pub token_path: &'static str,
}

impl FakeVendor {
    /// Whether a request asks about tokens rather than for data: at the token endpoint, or where Meta describes a token.
    pub fn is_about_tokens(&self, request: &Recorded) -> bool {
        [self.token_path, "/"].contains(&request.uri.path())
    }
}

/// The machine's clock, turned forward when a test says so.
#[derive(Default)]
pub struct TurnedClock(AtomicU64);

impl TurnedClock {
    /// Turns the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(Duration::from_micros(self.0.load(Ordering::SeqCst)))
    }
}

/// A running app. It ends with the test.
pub struct TestApp {
    /// Scheme, host and port.
    pub url: String,
    /// What an operator does.
    pub operator: Operator,
    /// The MCP host.
    pub gateway: Arc<Gateway>,
    /// The authorization server.
    pub oauth: AuthorizationServer,
    /// The pages and the mails.
    pub portal: Portal,
    /// The clock that the app goes by.
    pub clock: Arc<TurnedClock>,
    /// The upstreams, by integration.
    pub vendors: BTreeMap<&'static str, FakeVendor>,
    known: Known,
    settings: Settings,
    stop: CancellationToken,
    serving: Option<JoinHandle<anyhow::Result<()>>>,
    folder: TempDir,
    postgres: Option<(Postgres, TestDatabase)>,
}

/// The integrations that an app serves, made anew each time.
pub type Known = Arc<dyn Fn() -> Vec<Integration> + Send + Sync>;

/// A tenant of the app with one key.
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Calls with a key that may read and write everything.
    pub agent: Agent,
}

/// The catalogue's integrations, and the probe.
pub fn integrations() -> Vec<Integration> {
    let mut all = turnpike_catalog::integrations();
    all.push(probe::integration());
    all
}

/// Limits that a test with many calls does not meet, unless it calls without pause.
pub fn patient(settings: &mut Settings) {
    (settings.limits.tenant_burst, settings.limits.principal_burst) = (100_000, 100_000);
    for integration in settings.integrations.values_mut() {
        (integration.read_burst, integration.write_burst) = (100_000, 100_000);
    }
}

/// Takes the limits away, for tests that call without pause.
pub fn unlimited(settings: &mut Settings) {
    let limits = &mut settings.limits;
    (limits.tenant_per_minute, limits.tenant_burst) = (1_000_000, 100_000);
    (limits.principal_per_minute, limits.principal_burst) = (1_000_000, 100_000);
    for own in settings.integrations.values_mut() {
        (own.read_per_minute, own.read_burst) = (1_000_000, 100_000);
        (own.write_per_minute, own.write_burst) = (1_000_000, 100_000);
    }
}

/// A subscription to the smallest plan as shipped, begun ten days ago.
pub fn subscription(now: Timestamp, state: SubscriptionState) -> Subscription {
    let day = Duration::from_secs(86_400);
    Subscription {
        plan: "starter".into(),
        price_version: 0,
        yearly: false,
        integrations: 2,
        state,
        period_start: now.minus(10 * day),
        period_end: now.plus(20 * day),
        trial_ends_at: None,
        cancel_at: None,
        past_due_since: None,
        cap_units: None,
        customer_id: None,
        external_id: None,
        created_at: now.minus(10 * day),
        updated_at: now,
    }
}

impl TestApp {
    /// On SQLite.
    pub async fn start() -> Self {
        Self::start_with(Backend::Sqlite, |_| {}).await
    }

    /// On SQLite, with limits of ours that nothing here meets.
    pub async fn start_unlimited() -> Self {
        Self::start_with(Backend::Sqlite, patient).await
    }

    /// On a chosen database, with changed settings.
    pub async fn start_with(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_prepared(backend, change, |_| {}).await
    }

    /// The same with other back ends than those that the settings name.
    pub async fn start_prepared(
        backend: Backend,
        change: impl FnOnce(&mut Settings),
        prepare: impl FnOnce(&mut Operator),
    ) -> Self {
        Self::start_knowing(Arc::new(integrations), backend, change, prepare).await
    }

    /// The same with other integrations than those of the catalogue.
    pub async fn start_knowing(
        known: Known,
        backend: Backend,
        change: impl FnOnce(&mut Settings),
        prepare: impl FnOnce(&mut Operator),
    ) -> Self {
        // Fails only when another test of this process was first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let layers =
            Layers { data: Some(folder.path().into()), listen: Some("127.0.0.1:0".into()), ..Layers::default() };
        let mut settings = layers.load().unwrap();
        // What is paused is set back by most tests; those of the guard say otherwise.
        settings.writes.approve_starts = false;
        let postgres = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(prepare_postgres(&mut settings).await),
        };
        let clock = Arc::new(TurnedClock::default());
        let ambient = Ambient::new(clock.clone(), Entropy::System);
        // The defaults show sections of integrations that this app may not have.
        let names: Vec<_> = known().iter().map(|integration| integration.manifest.name).collect();
        settings.integrations.retain(|name, _| names.contains(&name.as_str()));
        let vendors = serve_vendors(known(), &mut settings, &ambient).await;
        change(&mut settings);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut operator = Operator::open(&settings, known(), ambient).await.unwrap();
        prepare(&mut operator);
        let app = App::start(settings.clone(), operator.clone(), address).await.unwrap();
        let (gateway, oauth, portal) = (app.gateway.clone(), app.oauth.clone(), app.portal.clone());
        let stop = CancellationToken::new();
        let serving = Some(tokio::spawn(app.serve(listener, stop.clone().cancelled_owned())));
        let url = format!("http://{address}");
        for tokens in vendors.values().filter_map(|vendor| vendor.tokens.as_ref()) {
            tokens.register_redirect(format!("{url}/connect/callback"));
        }
        Self { url, operator, gateway, oauth, portal, clock, vendors, known, settings, stop, serving, folder, postgres }
    }

    /// Starts another one on the same database and data folder, by the same clock, behind the same public address; where it
    /// listens itself. It ends with this one.
    pub async fn start_replica(&self) -> (String, AuthorizationServer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut settings = self.settings.clone();
        settings.server.public_url.clone_from(&self.url);
        settings.server.allowed_hosts.push(address.to_string());
        let operator = Operator::open(&settings, (self.known)(), self.operator.ambient.clone()).await.unwrap();
        let app = App::start(settings, operator, address).await.unwrap();
        let oauth = app.oauth.clone();
        tokio::spawn(app.serve(listener, self.stop.clone().cancelled_owned()));
        (format!("http://{address}"), oauth)
    }

    /// Another one on the same database and data folder, by the same clock, that serves nobody.
    pub async fn second_server(&self) -> App {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut settings = self.settings.clone();
        settings.server.public_url.clone_from(&self.url);
        let operator = Operator::open(&settings, (self.known)(), self.operator.ambient.clone()).await.unwrap();
        App::start(settings, operator, address).await.unwrap()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.operator.store
    }

    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The upstream of an integration.
    pub fn vendor(&self, integration: &str) -> &FakeVendor {
        &self.vendors[integration]
    }

    /// A tenant with a live connection to every integration and a key for everything.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let tenant = self.unconnected(name).await;
        for integration in self.vendors.keys() {
            self.connect(tenant.id, integration).await;
        }
        tenant
    }

    /// A tenant with a key for everything and no connection.
    pub async fn unconnected(&self, name: &str) -> Tenant {
        let id = self.operator.tenancy.add_tenant(&Actor::desk(), name).await.unwrap();
        let scopes = self.vendors.keys().flat_map(|name| [format!("{name}:read"), format!("{name}:write")]).collect();
        Tenant { id, agent: self.agent(id, scopes).await }
    }

    /// An agent with a new key of these scopes.
    pub async fn agent(&self, tenant: TenantId, scopes: Vec<String>) -> Agent {
        self.agent_of_role(tenant, scopes, None).await
    }

    /// An agent with a new key of these scopes and this role.
    pub async fn agent_of_role(&self, tenant: TenantId, scopes: Vec<String>, role: Option<Role>) -> Agent {
        let request = KeyRequest { name: "test", scopes, role, servers: None, expires_at: None, live: true };
        let (_, key) = self.operator.tenancy.add_key(&Actor::desk(), tenant, request).await.unwrap();
        Agent::new(&self.url, key.expose())
    }

    /// Every tool of every integration, as `tools/list` shows them to an agent that may use all: its name, and whether it
    /// only reads.
    pub async fn all_tools(&self, agent: &Agent) -> Vec<(&'static str, Vec<(String, bool)>)> {
        let mut all = vec![];
        for integration in (self.known)() {
            let name = integration.manifest.name;
            let listed = agent.tools(&format!("/{name}/mcp")).await;
            let told = |tool: &Value| {
                let reads = tool["annotations"]["readOnlyHint"].as_bool().unwrap();
                (tool["name"].as_str().unwrap().to_owned(), reads)
            };
            let tools: Vec<_> = listed.iter().map(told).collect();
            for tool in &integration.tools {
                assert!(
                    tools.iter().any(|(name, _)| name == tool.spec.name),
                    "{name} does not list {}",
                    tool.spec.name
                );
            }
            all.push((name, tools));
        }
        all
    }

    /// Connects a tenant to the integration's upstream.
    pub async fn connect(&self, tenant: TenantId, integration: &str) -> Connection {
        let form = self.vendor(integration).credential.iter().cloned().collect();
        self.connect_with(tenant, integration, Side::Live, form).await.unwrap()
    }

    /// The same with a chosen credential, as an operator does it.
    pub async fn connect_with(
        &self,
        tenant: TenantId,
        integration: &str,
        side: Side,
        form: HashMap<&'static str, String>,
    ) -> Result<Connection, ConnectError> {
        let (tenancy, desk) = (&self.operator.tenancy, Actor::desk());
        let connected = tenancy.connect_with_form(&desk, tenant, integration, side, form, Allow::All).await?;
        Ok(connected.connection)
    }

    /// The tenant's ledger, newest first.
    pub async fn calls(&self, tenant: TenantId) -> Vec<CallRow> {
        let filter = CallFilter { limit: 100_000, ..CallFilter::default() };
        self.store().tenant(tenant).list_calls(&filter).await.unwrap()
    }

    /// From now on no row can be added to the ledger (SQLite).
    pub async fn break_ledger(&self) {
        let broken = "CREATE TRIGGER broken BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'broken'); END";
        self.execute_as_owner(broken).await;
    }

    /// Runs one statement as the owner of the tables.
    pub async fn execute_as_owner(&self, sql: &'static str) {
        match &self.postgres {
            Some((_, database)) => {
                let mut owner = sqlx::PgConnection::connect(&database.owner_url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
            }
            None => {
                let url = format!("sqlite:{}", self.folder.path().join("turnpike.db").display());
                let mut owner = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
            }
        }
    }

    /// A number that PostgreSQL tells its superuser.
    pub async fn count_as_superuser(&self, sql: &'static str) -> i64 {
        let (_, database) = self.postgres.as_ref().expect("the app is on PostgreSQL");
        let mut admin = sqlx::PgConnection::connect(&database.admin_url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut admin).await.unwrap()
    }

    /// Begins to stop, as at SIGTERM.
    pub fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the end.
    pub async fn stopped(mut self) -> anyhow::Result<()> {
        let serving = self.serving.take().unwrap();
        drop(self);
        serving.await.unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A fresh database, migrated by its owner; the settings name the role that serves.
async fn prepare_postgres(settings: &mut Settings) -> (Postgres, TestDatabase) {
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    let owner = Store::open(&database.owner_url, 1).await.unwrap();
    owner.migrate().await.unwrap();
    owner.grant_application_role("turnpike_app").await.unwrap();
    settings.store.url = database.app_url.clone().into();
    (postgres, database)
}

/// Serves each integration's sandbox and points the integration's live endpoint at it.
async fn serve_vendors(
    known: Vec<Integration>,
    settings: &mut Settings,
    ambient: &Ambient,
) -> BTreeMap<&'static str, FakeVendor> {
    let mut vendors = BTreeMap::new();
    for integration in known {
        let sandbox = (integration.sandbox)(ambient.clone());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let own = settings.integrations.entry(integration.manifest.name.to_owned()).or_default();
        own.token_url = format!("{base_url}{}", sandbox.token_path);
        if sandbox.tokens.is_some() {
            own.authorize_url = format!("{base_url}/authorize");
            let field = |name| sandbox.credential.iter().find(|(own, _)| *own == name).unwrap().1.clone();
            (own.client_id, own.client_secret) = (field("client_id"), field("client_secret").into());
        }
        if !sandbox.revoke_path.is_empty() {
            own.revoke_url = format!("{base_url}{}", sandbox.revoke_path);
        }
        own.base_url.clone_from(&base_url);
        let token_path = sandbox.token_path;
        let (script, tokens, credential) = (sandbox.script.clone(), sandbox.tokens.clone(), sandbox.credential.clone());
        tokio::spawn(async move { axum::serve(listener, sandbox.into_router()).await });
        vendors.insert(integration.manifest.name, FakeVendor { script, tokens, credential, base_url, token_path });
    }
    vendors
}
