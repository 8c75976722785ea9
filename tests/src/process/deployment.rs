//! A deployment on this machine: a settings file, a data folder, a database, and the operator's commands.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use turnpike_core::{Ambient, Role, TenantId};
use turnpike_store::Store;
use turnpike_testkit::TestDatabase;

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

    fn with(folder: TempDir, store_url: String, store: &str, settings: &str) -> Self {
        let data = toml_string(&folder.path().join("data"));
        let text = format!("data = {data}\n{store}[telemetry]\nlog = \"json\"\n{settings}");
        fs::write(folder.path().join("turnpike.toml"), text).unwrap();
        Self { folder, store_url, starts: AtomicU32::new(0) }
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
        let (tenant, credential) = (tenant.to_string(), vendor.credential().to_string());
        self.run(&["connect", "--tenant", &tenant, "--integration", vendor.name], Some(credential)).await;
    }

    /// What `turnpike jobs` prints.
    pub async fn jobs(&self, tenant: TenantId) -> String {
        self.run(&["jobs", "--tenant", &tenant.to_string()], None).await
    }

    /// Starts the server on a free port.
    pub async fn serve(&self) -> Server {
        let mut command = turnpike();
        command
            .arg("serve")
            .arg("-c")
            .arg(self.settings_file())
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::null());
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        Server::start(command, self.folder.path().join(format!("serve-{number}.log"))).await
    }

    /// The database, as the tests read it.
    pub async fn store(&self) -> Store {
        Store::open(&self.store_url, 2).await.unwrap()
    }

    /// Runs one statement on the database.
    pub async fn execute(&self, sql: &'static str) {
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
        let mut command = turnpike();
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
