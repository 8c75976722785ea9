//! What stands behind a token at this moment: the grant, the membership, the tenant. Tokens live for minutes, and what was
//! taken back meanwhile counts.

use turnpike_core::Role;
use turnpike_store::{StoreError, Tenant};

use crate::{AuthorizationServer, Subject};

/// Whoever acts, as they stand now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The tenant.
    pub tenant: Tenant,
    /// What they may do with the tools that the scopes open.
    pub role: Role,
    /// The groups of the tenant that they are in.
    pub groups: Vec<String>,
    /// What the grant or the agent may do at most.
    pub scopes: Vec<String>,
    /// May it reach live connections, and spend money?
    pub live: bool,
}

impl AuthorizationServer {
    /// Whoever stands behind a subject; `None` when that was taken back or has ended.
    pub async fn standing(&self, subject: Subject) -> Result<Option<Standing>, StoreError> {
        let (system, now) = (self.store.system(), self.ambient.now());
        let (id, role, groups, scopes, live) = match subject {
            Subject::Person(person, grant) => {
                let Some((tenant, row)) = system.find_any_grant(grant).await? else { return Ok(None) };
                let good = row.person_id == person && row.revoked_at.is_none() && row.expires_at > now;
                let Some(member) = system.find_member(tenant, person).await?.filter(|_| good) else { return Ok(None) };
                (tenant, member.role, member.groups, row.scopes, true)
            }
            Subject::Service(id) => {
                let Some((tenant, agent)) = system.find_service_agent(id).await? else { return Ok(None) };
                let good = agent.revoked_at.is_none() && agent.expires_at.is_none_or(|end| end > now);
                if !good {
                    return Ok(None);
                }
                (tenant, agent.role, agent.groups, agent.scopes, agent.live)
            }
        };
        let tenant = system.find_tenant(id).await?.filter(|tenant| tenant.deleted_at.is_none());
        Ok(tenant.map(|tenant| Standing { tenant, role, groups, scopes, live }))
    }
}
