//! Backup and restore: the commands of the playbook's page, run as they stand there, and then every row and one credential.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use turnpike_core::TenantId;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Caller, Deployment, Vendor};

const PAGE: &str = include_str!("../../playbook/src/incidents/restore.md");

/// A deployment that has been used: a tenant, a key, a connection, and calls with it.
struct Scene {
    deployment: Deployment,
    vendor: Vendor,
    tenant: TenantId,
    caller: Caller,
}

impl Scene {
    async fn on(deployment: Deployment, vendor: Vendor) -> Self {
        let tenant = deployment.add_tenant().await;
        let caller = Caller::new(&deployment.add_key(tenant).await);
        deployment.connect(tenant, &vendor).await;
        let server = deployment.serve().await;
        for _ in 0..5 {
            let answer = caller.at(&server).list_accounts().await.unwrap();
            assert_eq!(answer.class(), None, "{}", answer.json());
        }
        server.kill();
        Self { deployment, vendor, tenant, caller }
    }

    /// Runs a block of the page where the settings lie, with these variables.
    async fn drill(&self, name: &str, variables: &[(&'static str, String)]) -> String {
        let (folder, variables) = (self.deployment.folder().to_owned(), variables.to_vec());
        let (name, script) = (name.to_owned(), block(name));
        let run = move || {
            let mut shell = program("sh");
            shell.args(["-e", "-u", "-c", &script]).current_dir(folder).envs(variables);
            shell.output().unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {said}");
        said
    }

    /// The settings of what is restored: the same but for the database and the folder.
    fn write_restored(&self, change: impl Fn(String) -> String) {
        let folder = self.deployment.folder();
        let settings = fs::read_to_string(self.deployment.settings_file()).unwrap();
        let data = |name: &str| serde_json::Value::from(folder.join(name).to_str().unwrap()).to_string();
        let settings = change(settings.replacen(&data("data"), &data("restored-data"), 1));
        fs::write(folder.join("restored.toml"), settings).unwrap();
    }

    /// A call with the credential of the copy. The original cannot help: what it has is gone.
    async fn call_restored(&self) {
        let asked = self.vendor.script().received();
        let restored = self.deployment.folder().join("restored.toml");
        let server = self.deployment.serve_from(&restored).await;
        let answer = self.caller.at(&server).call("list_accounts", &json!({})).await.unwrap();
        assert_eq!(answer.class(), None, "{}", answer.json());
        assert!(self.vendor.script().received() > asked, "the vendor was asked with the credential of the copy");
        server.kill();
    }

    /// Without the key the rows are there and open nothing.
    async fn check_that_the_key_is_needed(&self) {
        fs::remove_file(self.deployment.folder().join("restored-data/local.key")).unwrap();
        let restored = self.deployment.folder().join("restored.toml");
        let (well, said) = self.deployment.run_from(&restored, &["doctor", "--json"]).await;
        assert!(!well, "{said}");
    }
}

/// The block of the page that stands below its mark.
fn block(name: &str) -> String {
    let (_, rest) = PAGE.split_once(&format!("<!-- drill: {name} -->\n```sh\n")).unwrap_or_else(|| panic!("no {name}"));
    rest.split_once("```").unwrap().0.to_owned()
}

/// A program as the person has it who follows the page.
#[expect(clippy::disallowed_methods, reason = "the page's programs are those of others")]
fn program(name: &str) -> Command {
    let mut program = Command::new(name);
    program.env("PATH", path());
    program
}

/// With this program, and PostgreSQL's where Debian puts them.
fn path() -> std::ffi::OsString {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug");
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = packaged.map(|version| version.path().join("bin"));
    let before: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    env::join_paths([own].into_iter().chain(before).chain(packaged)).unwrap()
}

/// Each table with its number of rows and a hash over all of them, whatever their order.
async fn hashes(url: &str) -> Vec<(String, i64, String)> {
    let mut found = vec![];
    if let Some(file) = url.strip_prefix("sqlite:") {
        let mut database = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
        let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(&mut database)
            .await
            .unwrap();
        for (table,) in tables {
            let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info($1)")
                .bind(&table)
                .fetch_all(&mut database)
                .await
                .unwrap();
            let columns: Vec<_> = columns.iter().map(|(name,)| format!("quote(\"{name}\")")).collect();
            let sql = format!("SELECT {} AS line FROM \"{table}\" ORDER BY line", columns.join(" || ',' || "));
            let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
            found.push((table, rows.len() as i64, format!("{rows:?}")));
        }
    } else {
        let mut database = PgConnection::connect(url).await.unwrap();
        let tables: Vec<(String,)> =
            sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
                .fetch_all(&mut database)
                .await
                .unwrap();
        for (table,) in tables {
            let sql = format!(
                "SELECT count(*), md5(coalesce(string_agg(line::text, chr(10) ORDER BY line::text), '')) FROM \"{table}\" AS line"
            );
            let (rows, hash): (i64, String) =
                sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut database).await.unwrap();
            found.push((table, rows, hash));
        }
    }
    found.sort();
    found
}

async fn vendor() -> Vendor {
    let all = turnpike_catalog::integrations();
    Vendor::of(all.iter().find(|integration| integration.manifest.name == "google-ads").unwrap()).await
}

/// Every table is there with every row; how many there are.
async fn check_rows(before: &[(String, i64, String)], url: &str) {
    let after = hashes(url).await;
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    let rows: i64 = before.iter().map(|(_, rows, _)| rows).sum();
    let filled = before.iter().filter(|(_, rows, _)| *rows > 0).count();
    println!("{} tables, {filled} of them with rows, {rows} rows, all the same", before.len());
    assert!(before.iter().any(|(table, rows, _)| table.starts_with("calls") && *rows >= 5), "{before:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_dumps_of_postgres_is_restored_row_by_row_and_its_credentials_open_with_the_key() {
    let postgres = Postgres::start().await.unwrap();
    let database = postgres.database().await.unwrap();
    let vendor = vendor().await;
    let scene = Scene::on(Deployment::on_postgres(&database, &vendor.settings()).await, vendor).await;
    let backup = tempfile::tempdir().unwrap();
    let name = url::Url::parse(&database.admin_url).unwrap().path().trim_start_matches('/').to_owned();
    // What sqlx writes behind the name, PostgreSQL's programs do not know.
    let plain = |url: &str, name: &str| {
        let mut url = url::Url::parse(url).unwrap();
        url.set_query(None);
        url.set_path(name);
        url.to_string()
    };
    let at = |name: &str| plain(&database.admin_url, name);
    let variables = [
        ("BACKUP", backup.path().to_str().unwrap().to_owned()),
        ("ADMIN_URL", at(&name)),
        ("SERVER_URL", at("postgres")),
        ("RESTORED_URL", at("turnpike_restored")),
    ];

    // The page says that the owner of the tables cannot do it.
    let as_owner = program("pg_dump").arg(plain(&database.owner_url, &name)).output().unwrap();
    let said = String::from_utf8_lossy(&as_owner.stderr).into_owned();
    assert!(!as_owner.status.success() && said.contains("row-level security"), "{said}");

    let before = hashes(&database.admin_url).await;
    scene.drill("postgres-backup", &variables).await;
    // A call after the backup is not in it.
    let server = scene.deployment.serve().await;
    scene.caller.at(&server).list_accounts().await.unwrap();
    server.kill();
    scene.drill("postgres-restore", &variables).await;
    check_rows(&before, &at("turnpike_restored")).await;
    assert_ne!(before, hashes(&database.admin_url).await, "the original has gone on");

    let folder = scene.deployment.folder().to_owned();
    for file in ["app-url", "owner-url"] {
        let url = fs::read_to_string(folder.join(file)).unwrap();
        fs::write(folder.join(format!("restored-{file}")), url.replace(&name, "turnpike_restored")).unwrap();
    }
    scene.write_restored(|settings| {
        settings.replace("/app-url\"", "/restored-app-url\"").replace("/owner-url\"", "/restored-owner-url\"")
    });
    let said = scene.drill("postgres-check", &variables).await;
    assert!(said.contains("The database is at this version already."), "{said}");
    let ends = fs::read_to_string(backup.path().join("audit.txt")).unwrap();
    assert!(ends.contains(&scene.tenant.to_string()) && ends.lines().all(|line| said.contains(line)), "{ends}\n{said}");
    scene.call_restored().await;
    scene.check_that_the_key_is_needed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_copies_of_sqlite_while_the_server_runs_is_whole_and_its_credentials_open_with_the_key() {
    let vendor = vendor().await;
    let scene = Scene::on(Deployment::on_sqlite(&vendor.settings()), vendor).await;
    let backup = tempfile::tempdir().unwrap();
    let variables = [("BACKUP", backup.path().to_str().unwrap().to_owned())];
    let file = |name: &str| format!("sqlite:{}", scene.deployment.folder().join(name).display());

    let server = scene.deployment.serve().await;
    scene.drill("sqlite-backup", &variables).await;
    server.kill();
    scene.write_restored(|settings| settings);
    scene.drill("sqlite-restore", &variables).await;
    // What the server writes down by itself goes on while the copy is made: processes, background work.
    let (original, copy) = (hashes(&file("data/turnpike.db")).await, hashes(&file("restored-data/turnpike.db")).await);
    for table in ["calls", "credentials", "connections", "api_keys", "audit_events", "data_keys", "tenants"] {
        let of = |all: &[(String, i64, String)]| all.iter().find(|(name, ..)| name == table).cloned();
        assert!(of(&original).is_some_and(|(_, rows, _)| rows > 0), "{table} has no rows to compare");
        assert_eq!(of(&original), of(&copy), "{table}");
    }
    println!("{} tables, {} calls", copy.len(), copy.iter().find(|(name, ..)| name == "calls").unwrap().1);
    scene.drill("sqlite-check", &variables).await;
    scene.call_restored().await;
    scene.check_that_the_key_is_needed().await;
}
