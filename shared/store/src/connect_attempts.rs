//! What became of agents' attempts to connect.

use turnpike_core::{AttemptId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table};

/// A step of an agent's attempt to connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectAttempt {
    /// Its id, which the agent's user can read out.
    pub id: AttemptId,
    /// Whose it is, once somebody has signed in.
    pub tenant_id: Option<TenantId>,
    /// When.
    pub at: Timestamp,
    /// Which step: registration, authorization, consent, token; or doctor, for an examination of all of them.
    pub step: String,
    /// The client, as it names itself; not always one that is known.
    pub client_id: String,
    /// What it is called, where that is known.
    pub client_name: String,
    /// The error code that it was told; nothing where it went well.
    pub error: Option<String>,
    /// What happened, for people; of an examination, what was found, as JSON that means nothing here.
    pub description: String,
}

table!(ConnectAttempt { id, tenant_id, at, step, client_id, client_name, error, description });

impl SystemStore {
    /// Notes a step.
    pub async fn insert_connect_attempt(&self, attempt: &ConnectAttempt) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO connect_attempts (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        self.0.insert("attempt", sql, &columns!(attempt)).await
    }

    /// The step of that id, whosever it is.
    pub async fn find_connect_attempt(&self, id: AttemptId) -> Result<Option<ConnectAttempt>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM connect_attempts WHERE id = $1"), &[&id]).await
    }

    /// Forgets steps of before `before`.
    pub async fn delete_old_connect_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM connect_attempts WHERE at < $1", &[&before]).await
    }
}

impl TenantStore {
    /// The tenant's last steps, newest first.
    pub async fn list_connect_attempts(&self, limit: i64) -> Result<Vec<ConnectAttempt>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM connect_attempts WHERE tenant_id = $1 ORDER BY at DESC, id DESC LIMIT $2"
        );
        self.0.list(sql, &[&limit]).await
    }
}
