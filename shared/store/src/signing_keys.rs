//! Which keys sign access tokens, and when. The keys themselves are the vault's.

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, row::table};

/// A key that signs access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its id, as tokens name it.
    pub id: String,
    /// Its place in the order of all.
    pub ordinal: i64,
    /// From when on it signs; until the next one does.
    pub signs_from: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nothing that it signed is taken any more.
    pub revoked_at: Option<Timestamp>,
}

table!(SigningKeyRow { id, ordinal, signs_from, created_at, revoked_at });

impl SystemStore {
    /// All keys, oldest first.
    pub async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM signing_keys ORDER BY ordinal"), &[]).await
    }

    /// Adds a key; false when another process has added one of that ordinal.
    pub async fn insert_signing_key(&self, key: &SigningKeyRow) -> Result<bool, StoreError> {
        let sql = concat!(
            "INSERT INTO signing_keys (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (ordinal) DO NOTHING"
        );
        self.0.changes(sql, &columns!(key)).await
    }

    /// From now on nothing is taken that was signed with a key made so far; how many they were.
    pub async fn revoke_signing_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("UPDATE signing_keys SET revoked_at = $1 WHERE revoked_at IS NULL", &[&now]).await
    }

    /// Forgets keys whose last token has ended long ago: all that were followed before `before`.
    pub async fn delete_old_signing_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM signing_keys WHERE EXISTS (SELECT 1 FROM signing_keys AS next \
                   WHERE next.ordinal > signing_keys.ordinal AND next.signs_from <= $1)";
        self.0.execute(sql, &[&before]).await
    }
}
