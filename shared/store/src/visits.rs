//! Looks of the agency's staff at a tenant's pages. The tenant sees who looked, when and why.

use turnpike_core::{PersonId, TenantId, Timestamp, VisitId};

use crate::{StoreError, SystemStore, TenantStore, row::table};

/// A look at a tenant's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Who looks.
    pub person_id: PersonId,
    /// Why, in words for the tenant.
    pub reason: String,
    /// When it begins.
    pub created_at: Timestamp,
    /// When it ends or has ended.
    pub ends_at: Timestamp,
}

table!(Visit { id, person_id, reason, created_at, ends_at });

impl TenantStore {
    /// Notes that somebody begins to look.
    pub async fn insert_visit(&self, visit: &Visit) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO visits (tenant_id, ", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        self.0.insert("visit", sql, &columns!(visit)).await
    }

    /// Ends a visit; false when there is no such visit or it has ended.
    pub async fn end_visit(&self, id: VisitId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE visits SET ends_at = $3 WHERE tenant_id = $1 AND id = $2 AND ends_at > $3";
        self.0.changes(sql, &[&id, &now]).await
    }

    /// All visits that there ever were, newest first.
    pub async fn list_visits(&self) -> Result<Vec<Visit>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM visits WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC");
        self.0.list(sql, &[]).await
    }
}

impl SystemStore {
    /// The visit of that person to that tenant that goes on.
    pub async fn find_visit(
        &self,
        person: PersonId,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Option<Visit>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM visits WHERE tenant_id = $1 AND person_id = $2 AND ends_at > $3 ORDER BY created_at DESC, id DESC LIMIT 1"
        );
        self.0.find(sql, &[&tenant, &person, &now]).await
    }
}
