//! The months of the ledger, which are tables of their own on PostgreSQL.

use std::time::Duration;

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, db::Db, row::from_row};

/// How far ahead months are made: a server whose work stands still has so long until calls go to the part for the rest.
const AHEAD: Duration = Duration::from_secs(92 * 86_400);

/// A month of the ledger that was missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingMonth {
    /// Its table.
    pub name: String,
    /// Whether it was made. Where calls of that month lie among the rest already, they stay there and it is not.
    pub made: bool,
}

from_row!(MissingMonth { name, made });

impl SystemStore {
    /// Makes the ledger's tables for the present month and those of the next 92 days; which were missing. Doing it again, or twice
    /// at once, does nothing. On SQLite the ledger is one table.
    pub async fn make_partitions(&self, now: Timestamp) -> Result<Vec<MissingMonth>, StoreError> {
        match &*self.0.db {
            Db::Sqlite { .. } => Ok(vec![]),
            Db::Postgres(_) => {
                let sql = "SELECT name, made FROM make_call_partitions($1, $2)";
                self.0.list(sql, &[&now, &now.plus(AHEAD)]).await
            }
        }
    }
}
