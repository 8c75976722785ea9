//! PostgreSQL for tests.

use std::{
    cmp::Reverse,
    env,
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, postgres::PgConnectOptions};
use tempfile::TempDir;

/// Names a running throwaway instance by a superuser's URL, so that many test processes can share one.
const SHARED: &str = "TEST_POSTGRES_URL";

/// A throwaway PostgreSQL instance that trusts everyone; stopped and removed when dropped.
pub struct Postgres {
    admin: PgConnectOptions,
    /// None when the instance is another's.
    _own: Option<Own>,
}

/// An instance that we started; the fields are dropped in order, the folder last.
struct Own {
    server: Child,
    _folder: TempDir,
}

/// A fresh database with its two roles.
pub struct TestDatabase {
    /// As a superuser.
    pub admin_url: String,
    /// As `turnpike_owner`: owns the database, may migrate, is no superuser.
    pub owner_url: String,
    /// As `turnpike_app`: may connect, and has what it is granted.
    pub app_url: String,
}

impl Postgres {
    /// The instance named by `TEST_POSTGRES_URL`, else one of its own.
    pub async fn shared() -> Result<Self> {
        match env::var(SHARED) {
            Ok(url) => Self::with(url.parse()?, None).await,
            Err(_) => Self::start().await,
        }
    }

    /// Starts an instance that forgets everything, so it need not wait for the disk.
    pub async fn start() -> Result<Self> {
        Self::start_with(&["fsync=off", "synchronous_commit=off", "full_page_writes=off"]).await
    }

    /// Starts an instance that waits for the disk, as in production.
    pub async fn start_durable() -> Result<Self> {
        Self::start_with(&[]).await
    }

    async fn start_with(settings: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("turnpike-postgres-").tempdir()?;
        let (data, port) = (folder.path().join("data"), free_port()?.to_string());
        if is_root()? {
            run(command("chown").arg("postgres").arg(folder.path()))?;
        }
        let setup = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--pgdata"];
        run(postgres("initdb")?.args(setup).arg(&data))?;
        let mut server = postgres("postgres")?;
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-h", "127.0.0.1", "-p", &port]);
        for setting in ["max_connections=300"].iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let own = Own { server: server.stderr(Stdio::null()).spawn()?, _folder: folder };
        let admin = format!("postgres://postgres@127.0.0.1:{port}/postgres").parse()?;
        Self::with(admin, Some(own)).await
    }

    /// Waits until the instance answers and makes the roles.
    async fn with(admin: PgConnectOptions, own: Option<Own>) -> Result<Self> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut connection = loop {
            match admin.connect().await {
                Ok(connection) => break connection,
                Err(error) if Instant::now() > deadline => return Err(error).context("PostgreSQL did not start"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        connection.execute(ROLES).await?;
        connection.close().await?;
        Ok(Self { admin, _own: own })
    }

    /// Makes a fresh database.
    pub async fn database(&self) -> Result<TestDatabase> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("turnpike_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.admin.connect().await?;
        // A shared instance may outlive a process of the same number.
        connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await?;
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} OWNER turnpike_owner"))).await?;
        connection.close().await?;
        let database = self.admin.clone().database(&name);
        let url_of = |role| database.clone().username(role).to_url_lossy().to_string();
        Ok(TestDatabase {
            admin_url: database.to_url_lossy().to_string(),
            owner_url: url_of("turnpike_owner"),
            app_url: url_of("turnpike_app"),
        })
    }
}

/// Two processes may make the roles at once.
const ROLES: &str = "
DO $$ BEGIN
    CREATE ROLE turnpike_owner LOGIN;
    CREATE ROLE turnpike_app LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$";

impl Drop for Own {
    /// Stops the server without ceremony and waits for it, so that the folder can be removed.
    fn drop(&mut self) {
        let asked = run(command("kill").args(["-s", "QUIT", &self.server.id().to_string()]));
        if asked.is_err() {
            self.server.kill().ok();
        }
        self.server.wait().ok();
    }
}

/// A port that nobody uses at the moment.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// One of PostgreSQL's programs, which refuse to run as root.
fn postgres(name: &str) -> Result<Command> {
    let path = find(name).with_context(|| format!("`{name}` is neither in PATH nor in /usr/lib/postgresql"))?;
    if !is_root()? {
        return Ok(command(path));
    }
    let mut as_postgres = command("setpriv");
    as_postgres.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(path);
    Ok(as_postgres)
}

/// The program in PATH, else of the newest version that Debian's packages have put elsewhere.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    packaged.sort_by_key(|version| Reverse(version.file_name().to_string_lossy().parse().unwrap_or(0_u32)));
    let packaged = packaged.iter().map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(packaged).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn is_root() -> std::io::Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

/// A program in a folder that every user may enter, heard only when it complains.
#[expect(clippy::disallowed_methods, reason = "tests run a database of their own; the product runs no other program")]
fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}
