//! What members have let clients do in their names.

use turnpike_core::{GrantId, PersonId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table};

/// A member lets a client act in their name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// Its id.
    pub id: GrantId,
    /// In whose name.
    pub person_id: PersonId,
    /// The client.
    pub client_id: String,
    /// What it calls itself.
    pub client_name: String,
    /// Where the browser was sent back to.
    pub redirect_uri: String,
    /// The server that it is for, as its canonical URL.
    pub resource: String,
    /// What the client may do there.
    pub scopes: Vec<String>,
    /// Hash of the authorization code, which follows from the id.
    pub hash: [u8; 32],
    /// What the client's verifier must hash to (S256).
    pub code_challenge: String,
    /// Until when the code is taken.
    pub code_expires_at: Timestamp,
    /// When.
    pub created_at: Timestamp,
}

/// The same as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Its id.
    pub id: GrantId,
    /// In whose name.
    pub person_id: PersonId,
    /// The client.
    pub client_id: String,
    /// What it calls itself.
    pub client_name: String,
    /// Where the browser was sent back to.
    pub redirect_uri: String,
    /// The server that it is for.
    pub resource: String,
    /// What the client may do there.
    pub scopes: Vec<String>,
    /// What the client's verifier must hash to.
    pub code_challenge: String,
    /// Until when the code is taken.
    pub code_expires_at: Timestamp,
    /// Which refresh token is the newest; nought: the code was not redeemed yet.
    pub generation: i64,
    /// When the newest was made.
    pub rotated_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the newest refresh token ends.
    pub expires_at: Timestamp,
    /// When the client last called.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Why, in a word.
    pub revoked_for: Option<String>,
}

table!(GrantRow {
    id,
    person_id,
    client_id,
    client_name,
    redirect_uri,
    resource,
    scopes,
    code_challenge,
    code_expires_at,
    generation,
    rotated_at,
    created_at,
    expires_at,
    last_used_at,
    revoked_at,
    revoked_for,
});

/// A refresh token, or the code, that is exchanged for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Of which grant.
    pub grant: GrantId,
    /// The generation that is exchanged.
    pub from: i64,
    /// When.
    pub now: Timestamp,
    /// When the next one ends.
    pub expires_at: Timestamp,
}

/// Of somebody who does not belong to the tenant any more.
pub(crate) const REVOKE_GRANTS: &str = "UPDATE grants SET revoked_at = $3, revoked_for = 'left' \
                                        WHERE tenant_id = $1 AND person_id = $2 AND revoked_at IS NULL";

impl TenantStore {
    /// Adds a grant; a conflict when any tenant has one of that id.
    pub async fn insert_grant(&self, new: &NewGrant) -> Result<(), StoreError> {
        let sql = "INSERT INTO grants (tenant_id, id, person_id, client_id, client_name, redirect_uri, resource, scopes, \
                   hash, code_challenge, code_expires_at, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11)";
        let NewGrant { id, person_id, client_id, client_name, redirect_uri, resource, scopes, .. } = new;
        let NewGrant { hash, code_challenge, code_expires_at, created_at, .. } = new;
        let first: [&dyn crate::value::Argument; 7] =
            [id, person_id, client_id, client_name, redirect_uri, resource, scopes];
        let last: [&dyn crate::value::Argument; 4] = [hash, code_challenge, code_expires_at, created_at];
        self.0.insert("grant", sql, &[&first[..], &last[..]].concat()).await
    }

    /// Grants whose code was redeemed, newest first.
    pub async fn list_grants(&self) -> Result<Vec<GrantRow>, StoreError> {
        let sql =
            concat!("SELECT ", columns!(), " FROM grants WHERE tenant_id = $1 AND generation > 0 ORDER BY id DESC");
        self.0.list(sql, &[]).await
    }

    /// The grant of that id.
    pub async fn find_grant(&self, id: GrantId) -> Result<Option<GrantRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM grants WHERE tenant_id = $1 AND id = $2"), &[&id]).await
    }

    /// Sets what the client may do, from what it may do now; false when it may do something else meanwhile, or the grant is
    /// revoked. Of two who take different things away at once, neither gives back what the other took.
    pub async fn narrow_grant(&self, id: GrantId, from: &Vec<String>, to: &Vec<String>) -> Result<bool, StoreError> {
        let sql =
            "UPDATE grants SET scopes = $4 WHERE tenant_id = $1 AND id = $2 AND scopes = $3 AND revoked_at IS NULL";
        self.0.changes(sql, &[&id, from, to]).await
    }

    /// Revokes a grant; false when there is none or it was revoked before.
    pub async fn revoke_grant(&self, id: GrantId, why: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE grants SET revoked_at = $4, revoked_for = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL";
        self.0.changes(sql, &[&id, &why, &now]).await
    }
}

impl SystemStore {
    /// The grant of that id, and whose it is.
    pub async fn find_any_grant(&self, id: GrantId) -> Result<Option<(TenantId, GrantRow)>, StoreError> {
        self.0.find(concat!("SELECT tenant_id, ", columns!(), " FROM grants WHERE id = $1"), &[&id]).await
    }

    /// The grant whose authorization code has that hash, redeemed or not.
    pub async fn find_grant_by_code(&self, hash: &[u8; 32]) -> Result<Option<(TenantId, GrantRow)>, StoreError> {
        self.0.find(concat!("SELECT tenant_id, ", columns!(), " FROM grants WHERE hash = $1"), &[hash]).await
    }

    /// Exchanges the newest refresh token, or the code, for the next; false when another one was quicker, or the grant is
    /// revoked.
    pub async fn rotate_grant(&self, rotation: &Rotation) -> Result<bool, StoreError> {
        let Rotation { grant, from, now, expires_at } = rotation;
        let sql = "UPDATE grants SET generation = generation + 1, rotated_at = $3, expires_at = $4 \
                   WHERE id = $1 AND generation = $2 AND revoked_at IS NULL";
        self.0.changes(sql, &[grant, from, now, expires_at]).await
    }

    /// Notes when grants and service agents were last used. In the order of their ids, so that two replicas cannot lock each
    /// other out.
    pub async fn touch_grants(&self, uses: &[(GrantId, Timestamp)]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_unstable();
        let mut session = self.0.transaction().await?;
        for (id, at) in &uses {
            let sql =
                "UPDATE grants SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
            session.execute(sql, &[id, at]).await?;
        }
        session.commit().await
    }

    /// Forgets codes that nobody redeemed, and grants that ended before `before`.
    pub async fn delete_ended_grants(&self, before: Timestamp) -> Result<u64, StoreError> {
        let sql =
            "DELETE FROM grants WHERE (generation = 0 AND code_expires_at < $1) OR expires_at < $1 OR revoked_at < $1";
        self.0.execute(sql, &[&before]).await
    }
}
