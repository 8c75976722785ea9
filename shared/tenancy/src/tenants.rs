//! Tenants as a whole.

use serde_json::{Value, json};
use turnpike_core::TenantId;
use turnpike_store::{NewTenant, StoreError, TenantState};

use crate::{Actor, Tenancy};

impl Tenancy {
    /// Adds a tenant.
    pub async fn add_tenant(&self, actor: &Actor, name: &str) -> Result<TenantId, StoreError> {
        let (id, created_at): (TenantId, _) = (self.parts().ambient.id(), self.parts().ambient.now());
        self.parts().store.system().insert_tenant(&NewTenant { id, name: name.into(), created_at }).await?;
        self.record(id, actor, "tenant.created", &subject(id), json!({})).await?;
        Ok(id)
    }

    /// Stops a tenant, or lets it go on.
    pub async fn set_tenant_state(
        &self,
        actor: &Actor,
        tenant: TenantId,
        state: TenantState,
    ) -> Result<(), StoreError> {
        self.parts().store.system().set_tenant_state(tenant, state).await?;
        let action = match state {
            TenantState::Active => "tenant.resumed",
            TenantState::Suspended => "tenant.suspended",
        };
        self.record(tenant, actor, action, &subject(tenant), json!({})).await
    }

    /// All that is stored of a tenant, without secrets.
    pub async fn export_tenant(&self, actor: &Actor, tenant: TenantId) -> Result<Value, StoreError> {
        let export = self.parts().store.export(tenant).await?;
        self.record(tenant, actor, "tenant.exported", &subject(tenant), json!({})).await?;
        Ok(export)
    }
}

pub(crate) fn subject(tenant: TenantId) -> String {
    format!("tenant:{tenant}")
}
