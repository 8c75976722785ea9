//! The end of a tenant.

use std::fmt;

use serde_json::json;
use turnpike_core::TenantId;
use turnpike_store::ConnectionState;

use crate::{Actor, ConnectError, Revoked, Tenancy, tenants::subject};

/// What was deleted, for those who asked for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Integrations whose grant the vendor took back.
    pub revoked: Vec<String>,
    /// Integrations where that is to be done in the vendor's own settings.
    pub not_revoked: Vec<String>,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |all: &[String]| if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        writeln!(f, "Grants that the vendors took back: {}.", list(&self.revoked))?;
        writeln!(f, "Grants that you take back in the vendor's own settings: {}.", list(&self.not_revoked))?;
        writeln!(
            f,
            "Deleted: members, keys, connections, credentials and what sealed them, jobs, changes, mailed links."
        )?;
        write!(
            f,
            "Kept, because it must be: the list of calls, the invoices and the audit log. They hold numbers and no names."
        )
    }
}

impl Tenancy {
    /// Takes every grant back that can be, and deletes all of the tenant but its books. What was sealed for it can be
    /// opened by nobody any more.
    pub async fn delete_tenant(&self, actor: &Actor, tenant: TenantId) -> Result<Receipt, ConnectError> {
        let rows = self.parts().store.tenant(tenant);
        let mut receipt = Receipt::default();
        for row in rows.list_connections().await? {
            if row.state == ConnectionState::Disabled {
                continue;
            }
            let revoked = match self.disconnect(actor, tenant, row.id).await {
                Ok(done) => done.revoked == Revoked::Yes,
                Err(error) => {
                    tracing::warn!(connection_id = %row.id, %error, "a grant was not taken back before its tenant's end");
                    false
                }
            };
            let list = if revoked { &mut receipt.revoked } else { &mut receipt.not_revoked };
            list.push(row.integration);
        }
        let details = json!({ "revoked": receipt.revoked, "not_revoked": receipt.not_revoked });
        // First, so that from here on nothing of it opens any more, whatever else fails; and once more, for a key that somebody
        // made meanwhile.
        self.parts().vault.shred(tenant).await.map_err(ConnectError::Vault)?;
        let event = self.event(actor, "tenant.deleted", &subject(tenant), &details);
        self.parts().store.system().delete_tenant(tenant, &self.0.audit_key, &event).await?;
        self.parts().vault.shred(tenant).await.map_err(ConnectError::Vault)?;
        Ok(receipt)
    }
}
