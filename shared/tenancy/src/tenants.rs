//! Tenants as a whole.

use serde_json::{Value, json};
use turnpike_core::TenantId;
use turnpike_store::{NewTenant, StoreError, TenantState};

use crate::{Actor, ConnectError, Revoked, Tenancy};

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

    /// Deletes a tenant; its ledger and audit log stay. The vendors are asked first to take its grants back. Where one could
    /// not be asked the integration is named: the credential goes all the same, so that nobody can ask again.
    pub async fn delete_tenant(&self, actor: &Actor, tenant: TenantId) -> Result<Vec<String>, ConnectError> {
        let mut not_revoked = vec![];
        for connection in self.parts().store.tenant(tenant).list_connections().await? {
            if let Revoked::Later(_) = self.disconnect(actor, tenant, connection.id).await?.revoked {
                not_revoked.push(connection.integration);
            }
        }
        self.parts().store.system().delete_tenant(tenant, self.parts().ambient.now()).await?;
        let details = json!({ "not_revoked": not_revoked });
        self.record(tenant, actor, "tenant.deleted", &subject(tenant), details).await?;
        Ok(not_revoked)
    }
}

fn subject(tenant: TenantId) -> String {
    format!("tenant:{tenant}")
}
