//! The processes that serve, as they say themselves.

use std::time::Duration;

use turnpike_core::{ProcessId, Timestamp};

use crate::{StoreError, SystemStore, row::table};

/// A process that serves, or did until a moment ago. Its instants are those of the database's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its id, made at its start.
    pub id: ProcessId,
    /// What it does: gateway, portal, worker.
    pub roles_json: Vec<String>,
    /// The integrations that it serves.
    pub servers_json: Vec<String>,
    /// The version of the program.
    pub version: String,
    /// Where it listens.
    pub address: String,
    /// When it announced itself.
    pub started_at: Timestamp,
    /// When it last said that it is there.
    pub seen_at: Timestamp,
}

table!(ProcessRow { id, roles_json, servers_json, version, address, started_at, seen_at });

impl SystemStore {
    /// A process says that it is there, for the first time or again; its two instants are set here.
    pub async fn announce_process(&self, row: &ProcessRow) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO processes (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"
        );
        let ProcessRow { id, roles_json, servers_json, version, address, .. } = row;
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        session.execute(sql, &[id, roles_json, servers_json, version, address, &now]).await?;
        session.commit().await
    }

    /// A process is going.
    pub async fn delete_process(&self, id: ProcessId) -> Result<(), StoreError> {
        self.0.execute("DELETE FROM processes WHERE id = $1", &[&id]).await.map(drop)
    }

    /// Forgets those of which nothing was heard for so long: they were killed.
    pub async fn delete_silent_processes(&self, silent: Duration) -> Result<u64, StoreError> {
        let mut session = self.0.transaction().await?;
        let before = session.now().await?.minus(silent);
        let deleted = session.execute("DELETE FROM processes WHERE seen_at < $1", &[&before]).await?;
        session.commit().await?;
        Ok(deleted)
    }

    /// Those of which something was heard lately, oldest first; and what time it is by the clock that they go by.
    pub async fn list_processes(&self) -> Result<(Vec<ProcessRow>, Timestamp), StoreError> {
        let mut session = self.0.write().await?;
        let now = session.now().await?;
        let all = session.list(concat!("SELECT ", columns!(), " FROM processes ORDER BY started_at, id"), &[]).await?;
        session.commit().await?;
        Ok((all, now))
    }
}
