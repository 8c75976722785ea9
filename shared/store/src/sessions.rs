//! Browsers that are signed in. A session is found by the hash of what its cookie holds.

use turnpike_core::{PersonId, SessionId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, row::table};

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The row's id; not the secret.
    pub id: SessionId,
    /// SHA-256 of the cookie's value.
    pub hash: [u8; 32],
    /// Who.
    pub person_id: PersonId,
    /// The tenant that the person looks at now.
    pub acting_for: Option<TenantId>,
    /// The browser, as it names itself, to recognise it by.
    pub browser: String,
    /// When it was signed in.
    pub created_at: Timestamp,
    /// When it was last used, to within a minute.
    pub seen_at: Timestamp,
    /// When the person last proved who they are.
    pub confirmed_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
}

table!(Session { id, hash, person_id, acting_for, browser, created_at, seen_at, confirmed_at, ends_at });

impl SystemStore {
    /// Adds a session.
    pub async fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO sessions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        self.0.insert("session", sql, &columns!(session)).await
    }

    /// The session of a cookie. One that was not used since `idle_since`, or whose time is over at `now`, is none.
    pub async fn find_session(
        &self,
        hash: &[u8; 32],
        idle_since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM sessions WHERE hash = $1 AND seen_at > $2 AND ends_at > $3");
        self.0.find(sql, &[hash, &idle_since, &now]).await
    }

    /// The sessions of a person, who signed in last first.
    pub async fn list_sessions(&self, person: PersonId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let sql =
            concat!("SELECT ", columns!(), " FROM sessions WHERE person_id = $1 AND ends_at > $2 ORDER BY id DESC");
        self.0.list(sql, &[&person, &now]).await
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        self.0.changes("UPDATE sessions SET seen_at = $2 WHERE id = $1", &[&id, &now]).await.map(drop)
    }

    /// Gives a session another cookie, after the person has proved who they are once more.
    pub async fn confirm_session(&self, id: SessionId, hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET hash = $2, confirmed_at = $3, seen_at = $3 WHERE id = $1";
        self.0.update("session", sql, &[&id, hash, &now]).await
    }

    /// Sets which tenant a session looks at.
    pub async fn act_for(&self, id: SessionId, tenant: Option<TenantId>) -> Result<(), StoreError> {
        self.0.update("session", "UPDATE sessions SET acting_for = $2 WHERE id = $1", &[&id, &tenant]).await
    }

    /// Signs a browser out.
    pub async fn delete_session(&self, person: PersonId, id: SessionId) -> Result<bool, StoreError> {
        self.0.changes("DELETE FROM sessions WHERE person_id = $1 AND id = $2", &[&person, &id]).await
    }

    /// Signs a person out everywhere, but in the browser of `kept`.
    pub async fn delete_other_sessions(&self, person: PersonId, kept: Option<SessionId>) -> Result<u64, StoreError> {
        let sql = "DELETE FROM sessions WHERE person_id = $1 AND ($2 IS NULL OR id <> $2)";
        self.0.execute(sql, &[&person, &kept]).await
    }

    /// Forgets sessions that have ended.
    pub async fn delete_ended_sessions(&self, idle_since: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM sessions WHERE seen_at <= $1 OR ends_at <= $2", &[&idle_since, &now]).await
    }
}
