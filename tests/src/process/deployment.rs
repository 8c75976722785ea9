//! A deployment on this machine: a settings file, a data folder, a database, and the operator's commands.

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use turnpike_core::{Ambient, Role, TenantId};
use turnpike_store::Store;
use turnpike_testkit::{Redis, TestDatabase};

use super::{Server, Vendor, turnpike};
use crate::visitor::Visitor;

/// In every PostgreSQL URL; the throwaway server asks for none, so it gives nothing away but itself.
pub const PASSWORD: &str = "canary-of-the-database-url";

/// Everything that outlives a server.
pub struct Deployment {
    folder: TempDir,
    /// As somebody who may read and change every row.
    store_url: String,
    starts: AtomicU32,
    variables: Vec<(&'static str, String)>,
}

impl Deployment {
    /// On an SQLite file. `settings` are keys of the section `telemetry`, then sections.
    pub fn on_sqlite(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store_url = format!("sqlite:{}", folder.path().join("data/turnpike.db").display());
        Self::with(folder, store_url, "", settings)
    }

    /// On a fresh PostgreSQL database, migrated. Its URLs stand in files of their own.
    pub async fn on_postgres(database: &TestDatabase, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, url: &str| {
            let path = folder.path().join(name);
            fs::write(&path, url.replacen('@', &format!(":{PASSWORD}@"), 1)).unwrap();
            toml_string(&path)
        };
        let (app, owner) = (file("app-url", &database.app_url), file("owner-url", &database.owner_url));
        let store = format!("[store]\nurl_file = {app}\nowner_url_file = {owner}\n");
        let deployment = Self::with(folder, database.admin_url.clone(), &store, settings);
        deployment.run(&["migrate"], None).await;
        deployment
    }

    /// The section that lets several gateways serve on one PostgreSQL.
    pub fn redis_section(redis: &Redis) -> String {
        format!("[redis]\nurl = \"{}\"\n", redis.url())
    }

    fn with(folder: TempDir, store_url: String, store: &str, settings: &str) -> Self {
        let data = toml_string(&folder.path().join("data"));
        let text = format!("data = {data}\n{store}[telemetry]\nlog = \"json\"\n{settings}");
        fs::write(folder.path().join("turnpike.toml"), text).unwrap();
        Self { folder, store_url, starts: AtomicU32::new(0), variables: Vec::new() }
    }

    /// Every command and every server from now on has these variables too.
    #[must_use]
    pub fn with_variables(self, variables: &[(&'static str, &str)]) -> Self {
        Self { variables: variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(), ..self }
    }

    /// Adds a tenant.
    pub async fn add_tenant(&self) -> TenantId {
        self.run(&["tenant", "add", "Acme"], None).await.trim().parse().unwrap()
    }

    /// Makes a key that may read and write everything.
    pub async fn add_key(&self, tenant: TenantId) -> String {
        let tenant = tenant.to_string();
        let names = turnpike_catalog::integrations().into_iter().map(|integration| integration.manifest.name);
        let scopes: Vec<String> = names.flat_map(|name| [format!("{name}:read"), format!("{name}:write")]).collect();
        let scopes = scopes.iter().flat_map(|scope| ["--scope", scope]);
        let arguments: Vec<&str> =
            ["key", "add", "--tenant", &tenant, "--name", "test"].into_iter().chain(scopes).collect();
        self.run(&arguments, None).await.trim().to_owned()
    }

    /// The owner of a tenant, signed in at a server.
    pub async fn owner(&self, tenant: TenantId, server: &Server) -> Visitor {
        let (email, link) = ("ann@example.com", self.run(&["staff", "add", "ann@example.com"], None).await);
        let store = self.store().await;
        let person = store.system().find_person_by_email(email).await.unwrap().unwrap();
        store.tenant(tenant).insert_member(person.id, Role::Owner, Ambient::system().now()).await.unwrap();
        let (_, secret) = link.trim().split_once("/link/").unwrap();
        let visitor = Visitor::new(&server.url);
        visitor.submit(&format!("/link/{secret}"), &[]).await;
        visitor
    }

    /// Connects the tenant to the sandbox.
    pub async fn connect_sandbox(&self, tenant: TenantId) {
        let tenant = tenant.to_string();
        self.run(&["connect", "--tenant", &tenant, "--integration", "google-ads", "--sandbox"], None).await;
    }

    /// Connects the tenant to a vendor, or renews its connection.
    pub async fn connect(&self, tenant: TenantId, vendor: &Vendor) {
        self.connect_with(tenant, vendor.name, &vendor.credential()).await;
    }

    /// Connects the tenant with this credential, or renews its connection.
    pub async fn connect_with(&self, tenant: TenantId, integration: &str, credential: &Value) {
        let tenant = tenant.to_string();
        self.run(&["connect", "--tenant", &tenant, "--integration", integration], Some(credential.to_string())).await;
    }

    /// What `turnpike jobs` prints.
    pub async fn jobs(&self, tenant: TenantId) -> String {
        self.run(&["jobs", "--tenant", &tenant.to_string()], None).await
    }

    /// Starts the server on a free port.
    pub async fn serve(&self) -> Server {
        self.serve_as(&[]).await
    }

    /// The same with variables, which go before the settings file.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Server {
        let (mut command, log) = self.serving(&[]);
        command.envs(variables.iter().copied());
        Server::start(command, log).await
    }

    /// Starts a server with more arguments: its roles, its servers.
    pub async fn serve_as(&self, arguments: &[&str]) -> Server {
        let (command, log) = self.serving(arguments);
        Server::start(command, log).await
    }

    /// Starts a server with another settings file.
    pub async fn serve_from(&self, settings: &Path) -> Server {
        let (command, log) = self.serving_from(settings, &[]);
        Server::start(command, log).await
    }

    /// Runs a command of the operator with another settings file: whether it went well, and what it printed.
    pub async fn run_from(&self, settings: &Path, arguments: &[&str]) -> (bool, String) {
        let mut command = self.command();
        command.args(arguments).arg("-c").arg(settings);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    /// Starts a server that is handed its socket, as systemd hands it over, with variables of its own.
    #[expect(clippy::disallowed_methods, reason = "the test is the service manager")]
    pub async fn serve_on(&self, socket: &TcpListener, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        let (command, log) = self.serving(arguments);
        // The first socket is number 3, and the shell becomes the program, so that the number of the process stays.
        let hand_over = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", hand_over, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let socket = OwnedFd::from(socket.try_clone().unwrap());
        shell.envs(variables.iter().copied()).stdin(socket).stdout(Stdio::null());
        Server::start(shell, log).await
    }

    /// What a server that must not serve says of that.
    pub async fn refused(&self, arguments: &[&str]) -> String {
        let (mut command, _) = self.serving(arguments);
        command.stderr(Stdio::piped());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(!output.status.success(), "{arguments:?} serves");
        String::from_utf8(output.stderr).unwrap()
    }

    fn serving(&self, arguments: &[&str]) -> (Command, PathBuf) {
        self.serving_from(&self.settings_file(), arguments)
    }

    fn serving_from(&self, settings: &Path, arguments: &[&str]) -> (Command, PathBuf) {
        let mut command = self.command();
        command
            .arg("serve")
            .arg("-c")
            .arg(settings)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::null());
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        (command, self.folder.path().join(format!("serve-{number}.log")))
    }

    /// The database, as the tests read it.
    pub async fn store(&self) -> Store {
        Store::open(&self.store_url, 2).await.unwrap()
    }

    /// Runs one statement on the database.
    pub async fn execute(&self, sql: impl Into<String>) {
        let sql = AssertSqlSafe(sql.into());
        if self.store_url.starts_with("sqlite:") {
            SqliteConnection::connect(&self.store_url).await.unwrap().execute(sql).await.unwrap();
        } else {
            PgConnection::connect(&self.store_url).await.unwrap().execute(sql).await.unwrap();
        }
    }

    /// A number that the database tells.
    pub async fn count(&self, sql: &'static str) -> usize {
        let (count,): (i64,) = if self.store_url.starts_with("sqlite:") {
            let mut database = SqliteConnection::connect(&self.store_url).await.unwrap();
            sqlx::query_as(sql).fetch_one(&mut database).await.unwrap()
        } else {
            sqlx::query_as(sql).fetch_one(&mut PgConnection::connect(&self.store_url).await.unwrap()).await.unwrap()
        };
        count.try_into().unwrap()
    }

    /// Runs a command of the operator to its end; returns what it printed.
    pub async fn run(&self, arguments: &[&str], input: Option<String>) -> String {
        let mut command = self.command();
        command.args(arguments).arg("-c").arg(self.settings_file()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let run = move || {
            let mut child = command.spawn().unwrap();
            if let (Some(mut to), Some(input)) = (child.stdin.take(), input) {
                to.write_all(input.as_bytes()).unwrap();
            }
            child.wait_with_output().unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        assert!(output.status.success(), "{arguments:?} fails: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = turnpike();
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Where settings, logs and, on SQLite, the data lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.folder.path().join("turnpike.toml")
    }
}

/// The path as TOML writes it.
fn toml_string(path: &Path) -> String {
    Value::from(path.to_str().unwrap()).to_string()
}
