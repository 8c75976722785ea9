//! What can go wrong with the database, as facts.

use std::path::PathBuf;

use sqlx::migrate::MigrateError;

use crate::dialect::is_lock_timeout;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such row, or one of another tenant: the two look the same.
    #[error("there is no such {what}")]
    NotFound {
        /// The kind of row.
        what: &'static str,
    },
    /// A row with that key exists already.
    #[error("there is already such a {what}")]
    Conflict {
        /// The kind of row.
        what: &'static str,
    },
    /// The setting names no database that we know. Says nothing of the text itself, which may hold a password.
    #[error("the database setting cannot be read: {reason}; give sqlite:PATH or postgres://USER@HOST/NAME")]
    BadUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// PostgreSQL does not answer or does not let us in.
    #[error("PostgreSQL at {place} cannot be reached: {reason}; check that it runs and lets this role in")]
    Unreachable {
        /// Role, host, port and database; no password.
        place: String,
        /// The driver's words.
        reason: String,
    },
    /// The SQLite file is something else.
    #[error("{} is not a database or is damaged; restore it from a backup or name another file", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite file cannot be made or opened.
    #[error("{} cannot be opened: {reason}; check that its folder exists and can be written", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The tables are older than this program.
    #[error("the schema is at migration {applied}, this program needs {newest}; run `turnpike migrate`")]
    SchemaBehind {
        /// The newest migration that was run; 0 for none.
        applied: i64,
        /// The newest that there is.
        newest: i64,
    },
    /// A table with tenants' rows lacks forced row-level security.
    #[error("the table `{table}` lacks forced row-level security; run `turnpike migrate`")]
    Unguarded {
        /// The table.
        table: String,
    },
    /// Row-level security would not bind this role.
    #[error(
        "the database role `{role}` {power}, so row-level security would not hold it; serve with a role that only has grants"
    )]
    RoleTooPowerful {
        /// The role.
        role: String,
        /// What is wrong with it: "is a superuser".
        power: &'static str,
    },
    /// No connection was free in time.
    #[error("no database connection was free within 5 seconds; raise the number of connections or lower the load")]
    Busy,
    /// Somebody holds a table that a migration changes.
    #[error(
        "another connection holds a table that migration {version} changes, or an earlier migration still runs; nothing of it was \
         done. End what holds the table (`pg_stat_activity` shows it) and run `turnpike migrate` again"
    )]
    TableHeld {
        /// The migration's number; 0 for what comes before and after them.
        version: i64,
    },
    /// A migration failed.
    #[error("the migration failed: {0}")]
    Migration(#[source] MigrateError),
    /// Any other failure of the database.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            error => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(cause) if is_lock_timeout(&cause) => Self::TableHeld { version: 0 },
            MigrateError::ExecuteMigration(cause, version) if is_lock_timeout(&cause) => Self::TableHeld { version },
            error => Self::Migration(error),
        }
    }
}

impl StoreError {
    /// The error of an insert: a taken key is a conflict, a missing parent is not found.
    pub(crate) fn of_insert(self, what: &'static str) -> Self {
        let Self::Database(sqlx::Error::Database(error)) = &self else { return self };
        match error.kind() {
            sqlx::error::ErrorKind::UniqueViolation => Self::Conflict { what },
            sqlx::error::ErrorKind::ForeignKeyViolation => Self::NotFound { what: "connection or tenant" },
            _ => self,
        }
    }
}
