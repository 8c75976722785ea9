//! The end of a tenant.

use turnpike_core::{PersonId, TenantId};

use crate::{NewAuditEvent, StoreError, SystemStore, audit, row::Scalar};

/// `DELETE`s of a tenant's rows, in an order in which no row refers to one that is gone.
macro_rules! deletes {
    ($($table:ident),* $(,)?) => {
        &[$(concat!("DELETE FROM ", stringify!($table), " WHERE tenant_id = $1")),*]
    };
}

const DELETES: &[&str] = deletes![
    approvals,
    previews,
    write_intents,
    jobs,
    write_policies,
    credentials,
    connections,
    data_keys,
    subscriptions,
    notices,
    api_keys,
    grants,
    service_agents,
    connect_attempts,
    tool_policies,
    authorizations,
    call_arguments,
    mailed_links,
    visits,
    members,
];

/// Those who have no other reason to be known.
const LEAVING: &str = "SELECT person_id AS value FROM members WHERE tenant_id = $1 \
                       AND NOT EXISTS (SELECT 1 FROM members AS other \
                       WHERE other.person_id = members.person_id AND other.tenant_id <> $1) \
                       AND NOT EXISTS (SELECT 1 FROM visits \
                       WHERE visits.person_id = members.person_id AND visits.tenant_id <> $1) \
                       AND NOT EXISTS (SELECT 1 FROM people WHERE people.id = members.person_id AND staff)";

/// With a person goes what was mailed to them, and where they are signed in.
const FORGET: &[&str] = &[
    "DELETE FROM mailed_links WHERE email = (SELECT email FROM people WHERE id = $1)",
    "DELETE FROM sessions WHERE person_id = $1",
    "DELETE FROM grants WHERE person_id = $1",
    "DELETE FROM people WHERE id = $1",
];

/// Somebody whom nothing else here needs to know.
const UNBOUND: &str = "SELECT id AS value FROM people WHERE id = $1 AND NOT staff \
                       AND NOT EXISTS (SELECT 1 FROM members WHERE members.person_id = people.id) \
                       AND NOT EXISTS (SELECT 1 FROM visits WHERE visits.person_id = people.id)";

impl SystemStore {
    /// Forgets a person; false when they belong to a tenant, are of the staff or have visited somebody.
    pub async fn delete_person(&self, id: PersonId) -> Result<bool, StoreError> {
        let mut all = self.0.begin().await?;
        let unbound: Vec<Scalar<PersonId>> = all.list(UNBOUND, &[&id]).await?;
        if unbound.is_empty() {
            return Ok(false);
        }
        for forget in FORGET {
            all.changes(forget, &[&id]).await?;
        }
        all.commit().await?;
        Ok(true)
    }

    /// Deletes all of a tenant but its books: the ledger, batches, invoices and the audit log, which know ids only. Whoever belonged to it
    /// alone is forgotten too. `event` says so in the audit log, under `audit_key`. Grants at vendors are not revoked by this.
    pub async fn delete_tenant(
        &self,
        id: TenantId,
        audit_key: &[u8; 32],
        event: &NewAuditEvent,
    ) -> Result<(), StoreError> {
        let close = "UPDATE tenants SET name = '', state = 'suspended', stale_answers = NULL, plan = NULL, wanted = '[]', \
                     deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
        let mut all = self.0.begin().await?;
        if !all.changes(close, &[&id, &event.at]).await? {
            return Err(StoreError::NotFound { what: "tenant" });
        }
        let leaving: Vec<Scalar<PersonId>> = all.list(LEAVING, &[&id]).await?;
        for delete in DELETES {
            all.changes(delete, &[&id]).await?;
        }
        all.changes("DELETE FROM key_rotations WHERE scope = $1", &[&id]).await?;
        all.changes("UPDATE sessions SET acting_for = NULL WHERE acting_for = $1", &[&id]).await?;
        for Scalar(person) in leaving {
            for forget in FORGET {
                all.changes(forget, &[&person]).await?;
            }
        }
        audit::append(&mut all, id, audit_key, event).await?;
        all.commit().await
    }
}
