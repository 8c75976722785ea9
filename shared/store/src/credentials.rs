//! Sealed credentials. The generation is the truth about who refreshed last; the journal only saves work.

use turnpike_core::{ConnectionId, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{from_row, table},
};

/// The first credential of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    /// The connection that it opens.
    pub connection_id: ConnectionId,
    /// The data key that it is sealed with.
    pub key_version: i64,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// When its access token ends, if it has one.
    pub access_expires_at: Option<Timestamp>,
    /// When it is stored.
    pub now: Timestamp,
}

/// A credential as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// Counts the replacements; the first is 1.
    pub generation: i64,
    /// The data key that it is sealed with.
    pub key_version: i64,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// When its access token ends, if it has one.
    pub access_expires_at: Option<Timestamp>,
    /// When a refresh was begun that has not ended.
    pub refresh_started_at: Option<Timestamp>,
    /// The replica that began it.
    pub refresh_by: Option<String>,
}

/// What takes a credential's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The data key that it is sealed with.
    pub key_version: i64,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// When its access token ends, if it has one.
    pub access_expires_at: Option<Timestamp>,
    /// When it is stored.
    pub now: Timestamp,
}

/// How many credentials a data key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedCount {
    /// The data key.
    pub key_version: i64,
    /// How many.
    pub credentials: i64,
}

from_row!(SealedCount { key_version, credentials });

/// A sealed credential and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// The connection that it opens.
    pub connection_id: ConnectionId,
    /// The integration.
    pub integration: String,
    /// Counts the credential's replacements.
    pub generation: i64,
    /// The data key that it is sealed with.
    pub key_version: i64,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
}

from_row!(SealedRow { connection_id, integration, generation, key_version, sealed });

/// A credential that is to be revoked at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The connection that it opened.
    pub connection_id: ConnectionId,
    /// The integration.
    pub integration: String,
    /// Counts the credential's replacements.
    pub generation: i64,
    /// How often that was tried.
    pub revoke_tries: i64,
}

from_row!(Revocation { connection_id, integration, generation, revoke_tries });

table!(CredentialRow { generation, key_version, sealed, access_expires_at, refresh_started_at, refresh_by });

impl TenantStore {
    /// Stores a connection's first credential, as generation 1.
    pub async fn insert_credential(&self, credential: &NewCredential) -> Result<(), StoreError> {
        let sql = "INSERT INTO credentials (tenant_id, connection_id, generation, key_version, sealed, access_expires_at, \
                   updated_at) VALUES ($1, $2, 1, $3, $4, $5, $6)";
        let NewCredential { connection_id, key_version, sealed, access_expires_at, now } = credential;
        self.0.insert("credential", sql, &[connection_id, key_version, sealed, access_expires_at, now]).await
    }

    /// A connection's credential.
    pub async fn find_credential(&self, connection_id: ConnectionId) -> Result<Option<CredentialRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM credentials WHERE tenant_id = $1 AND connection_id = $2");
        self.0.find(sql, &[&connection_id]).await
    }

    /// Notes that `by` begins to refresh this generation; false when it was replaced, or when another began it and has
    /// had since `stale_before` to finish.
    pub async fn begin_refresh(
        &self,
        connection_id: ConnectionId,
        generation: i64,
        by: &str,
        now: Timestamp,
        stale_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET refresh_started_at = $4, refresh_by = $5 WHERE tenant_id = $1 AND connection_id = $2 \
                   AND generation = $3 AND (refresh_started_at IS NULL OR refresh_started_at < $6)";
        self.0.changes(sql, &[&connection_id, &generation, &now, &by, &stale_before]).await
    }

    /// Takes back `by`'s note, after a refresh that changed nothing. Another's note stays.
    pub async fn abandon_refresh(
        &self,
        connection_id: ConnectionId,
        generation: i64,
        by: &str,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE credentials SET refresh_started_at = NULL, refresh_by = NULL WHERE tenant_id = $1 \
                   AND connection_id = $2 AND generation = $3 AND refresh_by = $4";
        self.0.execute(sql, &[&connection_id, &generation, &by]).await.map(drop)
    }

    /// Replaces a credential if it still is of that generation, and clears the journal; false when it is not.
    pub async fn swap_credential(
        &self,
        connection_id: ConnectionId,
        expected_generation: i64,
        replacement: &Replacement,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET generation = generation + 1, key_version = $4, sealed = $5, access_expires_at = $6, \
                   updated_at = $7, refresh_started_at = NULL, refresh_by = NULL, revoke_at = NULL, revoke_tries = 0 \
                   WHERE tenant_id = $1 AND connection_id = $2 AND generation = $3";
        let Replacement { key_version, sealed, access_expires_at, now } = replacement;
        self.0.changes(sql, &[&connection_id, &expected_generation, key_version, sealed, access_expires_at, now]).await
    }

    /// Puts the same credential, sealed with another data key, in its place, if it still is of that generation and sealed with
    /// that key; false when it is not. Neither the generation nor the journal of refreshes changes: a refresh that is under way
    /// goes on, and wins.
    pub async fn reseal_credential(
        &self,
        from: &SealedRow,
        key_version: i64,
        sealed: &[u8],
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET key_version = $5, sealed = $6 WHERE tenant_id = $1 AND connection_id = $2 \
                   AND generation = $3 AND key_version = $4";
        self.0
            .changes(sql, &[&from.connection_id, &from.generation, &from.key_version, &key_version, &sealed.to_vec()])
            .await
    }

    /// The credentials that are sealed with another data key than that, in the order of their connections.
    pub async fn list_credentials_of_other_keys(&self, key_version: i64) -> Result<Vec<SealedRow>, StoreError> {
        let sql = "SELECT connection_id, generation, key_version, sealed, (SELECT integration FROM connections \
                   WHERE connections.tenant_id = credentials.tenant_id AND id = connection_id) AS integration \
                   FROM credentials WHERE tenant_id = $1 AND key_version <> $2 ORDER BY connection_id";
        self.0.list(sql, &[&key_version]).await
    }

    /// Asks for a credential to be revoked at the vendor from an instant on, and counts how often that was asked; false when
    /// it is not of that generation any more.
    pub async fn ask_to_revoke(
        &self,
        connection_id: ConnectionId,
        generation: i64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE credentials SET revoke_tries = revoke_tries + 1, revoke_at = $4 \
                   WHERE tenant_id = $1 AND connection_id = $2 AND generation = $3";
        self.0.changes(sql, &[&connection_id, &generation, &at]).await
    }

    /// Deletes a credential if it still is of that generation; false when it is not.
    pub async fn delete_credential(&self, connection_id: ConnectionId, generation: i64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM credentials WHERE tenant_id = $1 AND connection_id = $2 AND generation = $3";
        self.0.changes(sql, &[&connection_id, &generation]).await
    }
}

impl SystemStore {
    /// How many credentials are sealed with each data key.
    pub async fn count_credentials_by_key(&self) -> Result<Vec<(TenantId, SealedCount)>, StoreError> {
        let sql =
            "SELECT tenant_id, key_version, COUNT(*) AS credentials FROM credentials GROUP BY tenant_id, key_version";
        self.0.list(sql, &[]).await
    }

    /// The credentials that are to be revoked by now, the longest due first.
    pub async fn list_revocations(&self, now: Timestamp) -> Result<Vec<(TenantId, Revocation)>, StoreError> {
        let sql = "SELECT credentials.tenant_id, connection_id, integration, generation, revoke_tries FROM credentials \
                   JOIN connections ON connections.tenant_id = credentials.tenant_id AND connections.id = connection_id \
                   WHERE revoke_at <= $1 ORDER BY revoke_at";
        self.0.list(sql, &[&now]).await
    }

    /// Makes every note of a refresh under way as old as can be: whoever wrote it is gone. The notes stay, for what they
    /// tell of.
    pub async fn age_refreshes(&self) -> Result<(), StoreError> {
        let sql = "UPDATE credentials SET refresh_started_at = 0 WHERE refresh_started_at IS NOT NULL";
        self.0.execute(sql, &[]).await.map(drop)
    }
}
