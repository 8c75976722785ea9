//! What members have let programs do: less of it, or nothing any more. More takes a person's consent anew.

use serde_json::{Value, json};
use turnpike_core::{GrantId, TenantId};
use turnpike_store::{GrantRow, StoreError};

use crate::{Actor, Tenancy};

/// Why a grant stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The tenant has no such grant.
    #[error("there is no such program")]
    NoSuchGrant,
    /// It was revoked or has ended.
    #[error("what this program was allowed has ended already")]
    Over,
    /// Nothing would be left.
    #[error("nothing would be left that the program may do: revoke it instead")]
    Nothing,
    /// It would be allowed more.
    #[error("the program was never allowed `{scope}`; here things are only taken away")]
    Wider {
        /// What it was not allowed.
        scope: String,
    },
    /// The database failed, or somebody else was quicker.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Tenancy {
    /// Takes from a grant what is not among `kept`, for tokens made before too. False when nothing was to be taken.
    pub async fn narrow_grant(
        &self,
        actor: &Actor,
        tenant: TenantId,
        id: GrantId,
        kept: &[String],
    ) -> Result<bool, GrantError> {
        let row = self.standing_grant(tenant, id).await?;
        if let Some(scope) = kept.iter().find(|scope| !row.scopes.contains(scope)) {
            return Err(GrantError::Wider { scope: scope.clone() });
        }
        let (left, taken): (Vec<_>, Vec<_>) = row.scopes.iter().cloned().partition(|scope| kept.contains(scope));
        if taken.is_empty() {
            return Ok(false);
        }
        if left.is_empty() {
            return Err(GrantError::Nothing);
        }
        if !self.parts().store.tenant(tenant).narrow_grant(id, &row.scopes, &left).await? {
            return Err(StoreError::Conflict { what: "grant" }.into());
        }
        let details =
            json!({ "client_id": row.client_id, "client_name": row.client_name, "scopes": left, "taken": taken });
        self.record(tenant, actor, "grant.narrowed", &subject(id), details).await?;
        Ok(true)
    }

    /// Revokes a grant: its tokens are of no use any more, on every server.
    pub async fn revoke_grant(&self, actor: &Actor, tenant: TenantId, id: GrantId) -> Result<(), GrantError> {
        let row = self.standing_grant(tenant, id).await?;
        let why = if *actor == Actor::person(row.person_id) { "by_member" } else { "by_admin" };
        if !self.parts().store.tenant(tenant).revoke_grant(id, why, self.parts().ambient.now()).await? {
            return Err(GrantError::Over);
        }
        self.record(tenant, actor, "grant.revoked", &subject(id), ended(&row, why)).await?;
        Ok(())
    }

    /// Writes down that a grant has ended by what its program did, or what was done with its tokens.
    pub async fn record_grant_end(&self, tenant: TenantId, id: GrantId, why: &str) -> Result<(), StoreError> {
        let Some(row) = self.parts().store.tenant(tenant).find_grant(id).await? else { return Ok(()) };
        self.record(tenant, &Actor::system(), "grant.revoked", &subject(id), ended(&row, why)).await
    }

    /// The grant, if it is still good.
    async fn standing_grant(&self, tenant: TenantId, id: GrantId) -> Result<GrantRow, GrantError> {
        let found = self.parts().store.tenant(tenant).find_grant(id).await?;
        let row = found.filter(|row| row.generation > 0).ok_or(GrantError::NoSuchGrant)?;
        let over = row.revoked_at.is_some() || row.expires_at <= self.parts().ambient.now();
        if over { Err(GrantError::Over) } else { Ok(row) }
    }
}

/// Why, by which client, and for whom it had acted.
fn ended(row: &GrantRow, why: &str) -> Value {
    let person = Actor::person(row.person_id);
    json!({ "why": why, "client_id": row.client_id, "client_name": row.client_name, "for": person.0 })
}

fn subject(id: GrantId) -> String {
    format!("grant:{id}")
}
