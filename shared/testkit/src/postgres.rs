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
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

/// Names a running throwaway instance by a superuser's URL, so that many test processes can share one.
const SHARED: &str = "TEST_POSTGRES_URL";

/// A throwaway PostgreSQL instance that trusts everyone; stopped and removed when dropped.
pub struct Postgres {
    admin: PgConnectOptions,
    /// None when the instance is another's.
    own: Option<Own>,
}

/// An instance that we started; the fields are dropped in order, the folder last.
struct Own {
    server: Child,
    settings: Vec<String>,
    folder: TempDir,
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

    /// Starts an instance with settings of its own, each as `NAME=VALUE`.
    pub async fn start_with(own_settings: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("turnpike-postgres-").tempdir()?;
        let port = free_port()?;
        if is_root()? {
            run(command("chown").arg("postgres").arg(folder.path()))?;
        }
        let setup = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--pgdata"];
        run(postgres("initdb")?.args(setup).arg(folder.path().join("data")))?;
        let port_setting = format!("port={port}");
        let settings = ["max_connections=300", "listen_addresses=127.0.0.1", &port_setting];
        let settings = settings.iter().chain(own_settings).map(|setting| (*setting).to_owned()).collect::<Vec<_>>();
        let own = Own { server: spawn(&folder, &settings)?, settings, folder };
        let admin = format!("postgres://postgres@127.0.0.1:{port}/postgres").parse()?;
        Self::with(admin, Some(own)).await
    }

    /// Waits until the instance answers and makes the roles.
    async fn with(admin: PgConnectOptions, own: Option<Own>) -> Result<Self> {
        let mut connection = answering(&admin).await?;
        connection.execute(ROLES).await?;
        connection.close().await?;
        Ok(Self { admin, own })
    }

    /// Ends it as a crash does, every connection with it. What was committed stays where [`Postgres::start_durable`] was used;
    /// elsewhere the last moment may be lost. Does nothing to an instance that is another's.
    pub fn kill(&mut self) {
        if let Some(own) = &mut self.own {
            own.stop();
        }
    }

    /// Starts it again at the same place, and waits until it answers. One that runs is ended first.
    pub async fn restart(&mut self) -> Result<()> {
        let own = self.own.as_mut().context("an instance that is another's is not restarted")?;
        own.stop();
        own.server = spawn(&own.folder, &own.settings)?;
        answering(&self.admin).await?.close().await?;
        Ok(())
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

impl Own {
    /// Stops the server without ceremony and waits for it, so that its folder and port are free.
    fn stop(&mut self) {
        if !matches!(self.server.try_wait(), Ok(None)) {
            return;
        }
        let asked = run(command("kill").args(["-s", "QUIT", &self.server.id().to_string()]));
        if asked.is_err() {
            self.server.kill().ok();
        }
        self.server.wait().ok();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(folder: &TempDir, settings: &[String]) -> Result<Child> {
    let mut server = postgres("postgres")?;
    server.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
    for setting in settings {
        server.args(["-c", setting]);
    }
    Ok(server.stderr(Stdio::null()).spawn()?)
}

/// The first connection that is let in.
async fn answering(admin: &PgConnectOptions) -> Result<PgConnection> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match admin.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if Instant::now() > deadline => return Err(error).context("PostgreSQL did not start"),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
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
