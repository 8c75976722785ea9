//! One connection for one piece of work: the only place that knows which database a statement runs on.

use sqlx::{
    AssertSqlSafe, PgConnection, Pool, Postgres, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection, postgres::PgArguments, query_with, sqlite::SqliteArguments,
};

use crate::{
    StoreError,
    access::Scope,
    dialect,
    row::{FromRow, Row},
    value::Arguments,
};

/// A connection that acts for a tenant or the system until it is dropped.
pub(crate) enum Session {
    /// Each statement is a transaction by itself, which spares two trips to SQLite's thread.
    Sqlite(PoolConnection<Sqlite>),
    /// Several statements as one.
    SqliteTransaction(Transaction<'static, Sqlite>),
    /// Always a transaction: row-level security learns the tenant for no longer than that.
    Postgres(Transaction<'static, Postgres>),
}

enum Connection<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Session {
    pub(crate) async fn sqlite(pool: &SqlitePool) -> Result<Self, StoreError> {
        Ok(Self::Sqlite(pool.acquire().await?))
    }

    pub(crate) async fn sqlite_transaction(pool: &SqlitePool) -> Result<Self, StoreError> {
        Ok(Self::SqliteTransaction(pool.begin_with("BEGIN IMMEDIATE").await?))
    }

    pub(crate) async fn postgres(pool: &Pool<Postgres>, scope: &Scope) -> Result<Self, StoreError> {
        let begin = match scope {
            Scope::System => dialect::BEGIN_AS_SYSTEM.into_sql_str(),
            Scope::Tenant(tenant) => AssertSqlSafe(dialect::begin_as(*tenant)).into_sql_str(),
        };
        Ok(Self::Postgres(pool.begin_with(begin).await?))
    }

    /// Runs a statement; the number of rows that it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, arguments: Arguments<'_>) -> Result<u64, StoreError> {
        Ok(match self.connection() {
            Connection::Sqlite(it) => query_with(sql, for_sqlite(arguments)?).execute(it).await?.rows_affected(),
            Connection::Postgres(it) => query_with(sql, for_postgres(arguments)?).execute(it).await?.rows_affected(),
        })
    }

    /// Runs a query; what all its rows become.
    pub(crate) async fn list<T: FromRow>(
        &mut self,
        sql: &'static str,
        arguments: Arguments<'_>,
    ) -> Result<Vec<T>, StoreError> {
        Ok(self.rows(sql, arguments).await?.iter().map(T::from_row).collect::<Result<_, _>>()?)
    }

    /// Runs a query; all its rows.
    pub(crate) async fn rows(&mut self, sql: &'static str, arguments: Arguments<'_>) -> Result<Vec<Row>, StoreError> {
        Ok(match self.connection() {
            Connection::Sqlite(it) => {
                query_with(sql, for_sqlite(arguments)?).fetch_all(it).await?.into_iter().map(Row::Sqlite).collect()
            }
            Connection::Postgres(it) => {
                query_with(sql, for_postgres(arguments)?).fetch_all(it).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Whether it is PostgreSQL.
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Keeps what was done. Without this a transaction is rolled back.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => {}
            Self::SqliteTransaction(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(it) => Connection::Sqlite(it),
            Self::SqliteTransaction(it) => Connection::Sqlite(it),
            Self::Postgres(it) => Connection::Postgres(it),
        }
    }
}

fn for_sqlite(arguments: Arguments<'_>) -> Result<SqliteArguments, sqlx::Error> {
    let mut to = SqliteArguments::default();
    arguments.iter().try_for_each(|argument| argument.bind_sqlite(&mut to)).map_err(sqlx::Error::Encode)?;
    Ok(to)
}

fn for_postgres(arguments: Arguments<'_>) -> Result<PgArguments, sqlx::Error> {
    let mut to = PgArguments::default();
    arguments.iter().try_for_each(|argument| argument.bind_postgres(&mut to)).map_err(sqlx::Error::Encode)?;
    Ok(to)
}
