//! The agency's clients.

use std::time::Duration;

use turnpike_core::{TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table, value::words};

words! {
    /// Whether a tenant may call.
    TenantState {
        /// It may.
        Active = "active",
        /// The operator has stopped it.
        Suspended = "suspended",
    }
}

/// A client of the agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The name that people read.
    pub name: String,
    /// Whether it may call.
    pub state: TenantState,
    /// How old an answer may be that it is shown while an upstream fails; `None`: it is shown none.
    pub stale_answers: Option<Duration>,
    /// When it was added.
    pub created_at: Timestamp,
    /// The plan that it has chosen.
    pub plan: Option<String>,
    /// The integrations that it has chosen.
    pub wanted: Vec<String>,
    /// When it was deleted; then only its books are left.
    pub deleted_at: Option<Timestamp>,
}

/// A tenant to add; it starts active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// The name that people read.
    pub name: String,
    /// When it is added.
    pub created_at: Timestamp,
}

table!(Tenant { id, name, state, stale_answers, created_at, plan, wanted, deleted_at });

impl TenantStore {
    /// The tenant itself.
    pub async fn get(&self) -> Result<Tenant, StoreError> {
        let found = self.0.find(concat!("SELECT ", columns!(), " FROM tenants WHERE id = $1"), &[]).await?;
        found.ok_or(StoreError::NotFound { what: "tenant" })
    }

    /// Sets how old an answer may be that the tenant is shown while an upstream fails, or that it is shown none.
    pub async fn allow_stale_answers(&self, oldest: Option<Duration>) -> Result<(), StoreError> {
        self.0.update("tenant", "UPDATE tenants SET stale_answers = $2 WHERE id = $1", &[&oldest]).await
    }

    /// Sets the name that people read.
    pub async fn rename(&self, name: &str) -> Result<(), StoreError> {
        self.0.update("tenant", "UPDATE tenants SET name = $2 WHERE id = $1", &[&name]).await
    }

    /// Notes the plan and the integrations that the tenant has chosen.
    pub async fn set_plan(&self, plan: Option<&str>, wanted: &[String]) -> Result<(), StoreError> {
        let wanted = wanted.to_vec();
        self.0.update("tenant", "UPDATE tenants SET plan = $2, wanted = $3 WHERE id = $1", &[&plan, &wanted]).await
    }
}

impl SystemStore {
    /// Adds a tenant.
    pub async fn insert_tenant(&self, tenant: &NewTenant) -> Result<(), StoreError> {
        let NewTenant { id, name, created_at } = tenant;
        let sql = "INSERT INTO tenants (id, name, state, created_at) VALUES ($1, $2, $3, $4)";
        self.0.insert("tenant", sql, &[id, name, &TenantState::Active, created_at]).await
    }

    /// A tenant by its id.
    pub async fn find_tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM tenants WHERE id = $1"), &[&id]).await
    }

    /// All tenants, oldest first.
    pub async fn list_tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM tenants ORDER BY id"), &[]).await
    }

    /// Stops a tenant or lets it go on.
    pub async fn set_tenant_state(&self, id: TenantId, state: TenantState) -> Result<(), StoreError> {
        self.0.update("tenant", "UPDATE tenants SET state = $2 WHERE id = $1", &[&id, &state]).await
    }
}
