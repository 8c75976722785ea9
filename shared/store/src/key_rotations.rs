//! Rotations of keys that have begun and not ended, so that one that was cut off goes on where it was.

use turnpike_core::{TenantId, Timestamp};

use crate::{StoreError, SystemStore, row::from_row};

/// What is rotated when all tenants are.
const ALL: &str = "*";

/// A rotation that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRotation {
    /// Data keys that are older than this are yet to be replaced.
    pub begun_at: Timestamp,
}

from_row!(KeyRotation { begun_at });

impl SystemStore {
    /// The rotation of a tenant's keys, or of all tenants', that is under way; else one that begins now.
    pub async fn begin_key_rotation(&self, of: Option<TenantId>, now: Timestamp) -> Result<KeyRotation, StoreError> {
        let scope = of.map_or_else(|| ALL.to_owned(), |tenant| tenant.to_string());
        let insert = "INSERT INTO key_rotations (scope, begun_at) VALUES ($1, $2) ON CONFLICT (scope) DO NOTHING";
        self.0.execute(insert, &[&scope, &now]).await?;
        let found = self.0.find("SELECT begun_at FROM key_rotations WHERE scope = $1", &[&scope]).await?;
        // Another process may have ended it between the two statements: then all is as if it had begun now.
        Ok(found.unwrap_or(KeyRotation { begun_at: now }))
    }

    /// Says that a rotation has ended.
    pub async fn end_key_rotation(&self, of: Option<TenantId>, rotation: KeyRotation) -> Result<(), StoreError> {
        let scope = of.map_or_else(|| ALL.to_owned(), |tenant| tenant.to_string());
        let sql = "DELETE FROM key_rotations WHERE scope = $1 AND begun_at = $2";
        self.0.execute(sql, &[&scope, &rotation.begun_at]).await.map(drop)
    }
}
