//! People who were sent to a vendor to grant access, until the vendor sends them back.

use turnpike_core::{TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table};

/// Somebody is sent to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuthorization {
    /// Hash of the state that the vendor sends back.
    pub hash: [u8; 32],
    /// The integration to connect.
    pub integration: String,
    /// The vendor is the integration's sandbox.
    pub sandbox: bool,
    /// Who is sent.
    pub actor: String,
    /// Hash of a value that only the browser has that is sent.
    pub browser: [u8; 32],
    /// When.
    pub created_at: Timestamp,
    /// Until when the answer is taken.
    pub expires_at: Timestamp,
}

/// Somebody who was sent to a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRow {
    /// The integration to connect.
    pub integration: String,
    /// The vendor is the integration's sandbox.
    pub sandbox: bool,
    /// Who was sent.
    pub actor: String,
    /// Hash of a value that only the browser has that was sent.
    pub browser: [u8; 32],
    /// When.
    pub created_at: Timestamp,
    /// Until when the answer is taken.
    pub expires_at: Timestamp,
}

table!(AuthorizationRow { integration, sandbox, actor, browser, created_at, expires_at });

/// Of somebody who may not act for the tenant any more.
pub(crate) const FORGET_AUTHORIZATIONS: &str = "DELETE FROM authorizations WHERE tenant_id = $1 AND actor = $2";

impl TenantStore {
    /// Notes that somebody is sent to a vendor.
    pub async fn insert_authorization(&self, new: &NewAuthorization) -> Result<(), StoreError> {
        let sql = "INSERT INTO authorizations (tenant_id, hash, integration, sandbox, actor, browser, created_at, \
                   expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let NewAuthorization { hash, integration, sandbox, actor, browser, created_at, expires_at } = new;
        self.0.insert("authorization", sql, &[hash, integration, sandbox, actor, browser, created_at, expires_at]).await
    }
}

impl SystemStore {
    /// Takes the authorization with that hash away and gives it to the one who asks: no second one gets it. Whether its
    /// time is over is the caller's question.
    pub async fn take_authorization(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<(TenantId, AuthorizationRow)>, StoreError> {
        let sql = concat!("DELETE FROM authorizations WHERE hash = $1 RETURNING tenant_id, ", columns!());
        self.0.take(sql, &[hash]).await
    }

    /// Forgets those who did not come back in time; how many they were.
    pub async fn delete_expired_authorizations(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM authorizations WHERE expires_at <= $1", &[&now]).await
    }
}
