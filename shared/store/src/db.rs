//! Opening either database.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, Database, PgPool, Pool, SqlitePool,
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{StoreError, access::Scope, session::Session};

/// How long to wait for a connection, for another writer, or for PostgreSQL's first answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What each connection to PostgreSQL is told when it is opened. A pooler in between must pass these on, or the role be given them
/// (`ALTER ROLE … SET`).
const SETTINGS: [(&str, &str); 4] = [
    // Who waits for a lock longer than that waits for something that hangs.
    ("lock_timeout", "5s"),
    // Longer than any question of ours takes; without it one that goes wrong keeps its connection for good.
    ("statement_timeout", "30s"),
    // Nothing of ours rests inside a transaction: whoever does has lost its process.
    ("idle_in_transaction_session_timeout", "30s"),
    // Tenants differ by a thousand times, and a plan for the average one is wrong for most. It also knows the months of the
    // ledger only when it knows the instants.
    ("plan_cache_mode", "force_custom_plan"),
];

/// Prepared statements kept per connection: every query of this crate, and the ledger's batch in each size.
const STATEMENTS: usize = 256;

/// Either database.
pub(crate) enum Db {
    /// Any number read while one writes; queueing in the pool is fairer and quicker than SQLite's own lock.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// How many connections to a database there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// The pool.
    pub name: &'static str,
    /// All that are open.
    pub open: u32,
    /// Those of them that do nothing now.
    pub idle: u32,
    /// As many as may be.
    pub most: u32,
}

impl PoolUse {
    fn of<D: Database>(name: &'static str, pool: &Pool<D>) -> Self {
        let (open, most) = (pool.size(), pool.options().get_max_connections());
        // One that is opened or closed at this moment is in one of the two numbers only.
        let idle = u32::try_from(pool.num_idle()).unwrap_or(open).min(open);
        Self { name, open, idle, most }
    }
}

impl Db {
    pub(crate) async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                open_sqlite(path.strip_prefix("//").unwrap_or(path).into(), max_connections).await
            }
            Some(("postgres" | "postgresql", _)) => open_postgres(url, max_connections).await,
            _ => Err(StoreError::BadUrl { reason: "it starts with neither sqlite: nor postgres:".into() }),
        }
    }

    /// Its pools, by name.
    pub(crate) fn pools(&self) -> Vec<PoolUse> {
        match self {
            Self::Sqlite { read, write } => vec![PoolUse::of("sqlite.read", read), PoolUse::of("sqlite.write", write)],
            Self::Postgres(pool) => vec![PoolUse::of("postgres", pool)],
        }
    }

    pub(crate) async fn read(&self, scope: &Scope) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite { read, .. } => Session::sqlite(read).await,
            Self::Postgres(pool) => Session::postgres(pool, scope).await,
        }
    }

    pub(crate) async fn write(&self, scope: &Scope) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite { write, .. } => Session::sqlite(write).await,
            Self::Postgres(pool) => Session::postgres(pool, scope).await,
        }
    }

    pub(crate) async fn transaction(&self, scope: &Scope) -> Result<Session, StoreError> {
        match self {
            Self::Sqlite { write, .. } => Session::sqlite_transaction(write).await,
            Self::Postgres(pool) => Session::postgres(pool, scope).await,
        }
    }
}

async fn open_sqlite(path: PathBuf, max_connections: u32) -> Result<Db, StoreError> {
    create(&path).map_err(|error| StoreError::CannotOpen { path: path.clone(), reason: error.to_string() })?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    // A connection to a file does not go stale: neither test it nor replace it.
    let pool = || {
        PoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false).idle_timeout(None).max_lifetime(None)
    };
    // Making a file takes as long as the disk does, which a pool would not wait for.
    options.connect().await.map_err(|error| refused_file(path, error))?.close().await?;
    let write = pool().max_connections(1).connect_lazy_with(options.clone());
    let read = pool().max_connections(max_connections).connect_lazy_with(options.read_only(true));
    Ok(Db::Sqlite { read, write })
}

/// Makes the file, if it is not there, for its owner's eyes only. SQLite gives the same mode to the files beside it.
fn create(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map(drop)
}

fn refused_file(path: PathBuf, error: sqlx::Error) -> StoreError {
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("26") => StoreError::NotADatabase { path },
        _ => StoreError::CannotOpen { path, reason: error.to_string() },
    }
}

async fn open_postgres(url: &str, max_connections: u32) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::BadUrl { reason: error.to_string() })?
        .application_name("turnpike")
        .options(SETTINGS)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    // The pool would go on trying a refused connection until its time is over, and then only say that it is.
    let refused = |reason| StoreError::Unreachable { place: place(&options), reason };
    let first = tokio::time::timeout(PATIENCE, options.connect()).await;
    let first =
        first.map_err(|_| refused("no answer within 5 seconds".into()))?.map_err(|error| refused(error.to_string()))?;
    first.close().await?;
    let pool = PoolOptions::new().acquire_timeout(PATIENCE).max_connections(max_connections).connect_lazy_with(options);
    Ok(Db::Postgres(pool))
}

fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or(options.get_host().into(), |folder| folder.to_string_lossy());
    let database = options.get_database().unwrap_or(options.get_username());
    format!("{}@{host}:{}/{database}", options.get_username(), options.get_port())
}
