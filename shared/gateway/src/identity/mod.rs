//! Who calls.

mod authenticate;

use std::{net::IpAddr, time::Duration};

pub use authenticate::{Authenticator, Refused};
use turnpike_core::{GrantId, LeastRole, PersonId, Role, TenantId};
use turnpike_sdk::{Access, Manifest, ToolSpec};
use turnpike_store::{Tenant, TenantState, ToolPolicy};

/// An authenticated caller. The tenant comes from the credential and from nowhere else.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether the tenant may call at all.
    pub tenant_state: TenantState,
    /// Who acts, as an opaque name: `key:<id>`, `person:<id>`, `service:<id>`.
    pub principal: String,
    /// By which grant, where it is a person's agent that acts in their name.
    pub grant: Option<GrantId>,
    /// What it may do: `google-ads:read`, `google-ads:write`.
    pub scopes: Vec<String>,
    /// What it may do with the tools that its scopes open.
    pub role: Role,
    /// The tenant's groups that it is in: those of the member who calls. An API key is in none.
    pub groups: Vec<String>,
    /// What its tenant asks of those who use a tool, beyond what the tool asks.
    pub tool_policies: Vec<ToolPolicy>,
    /// How old an answer its tenant is shown while an upstream fails; `None`: it is shown none.
    pub stale_answers: Option<Duration>,
    /// The integrations it may reach; `None` is all.
    pub servers: Option<Vec<String>>,
    /// Addresses it may call from; empty is all.
    pub allowed_ips: Vec<IpAddr>,
    /// May it reach live connections, and spend money? Else sandboxes only.
    pub live: bool,
}

impl Caller {
    /// The operator's own caller for one tenant: at the desk, over standard input and output. No role is too low for it, and
    /// it is in every group that the policies name; what the tenant forbids to all is forbidden to it too.
    pub fn at_the_desk(tenant: &Tenant, tool_policies: Vec<ToolPolicy>, scopes: Vec<String>) -> Self {
        let groups = tool_policies.iter().flat_map(|policy| policy.groups.clone()).collect();
        Self { groups, ..Self::of(tenant, "desk".into(), Role::Owner, tool_policies, scopes, true) }
    }

    /// A member of a tenant who calls from a page. Not `live`: sandboxes only.
    pub fn member(
        tenant: &Tenant,
        person: PersonId,
        role: Role,
        groups: Vec<String>,
        tool_policies: Vec<ToolPolicy>,
        scopes: Vec<String>,
        live: bool,
    ) -> Self {
        Self { groups, ..Self::of(tenant, format!("person:{person}"), role, tool_policies, scopes, live) }
    }

    fn of(
        tenant: &Tenant,
        principal: String,
        role: Role,
        tool_policies: Vec<ToolPolicy>,
        scopes: Vec<String>,
        live: bool,
    ) -> Self {
        Self {
            tenant: tenant.id,
            tenant_state: tenant.state,
            principal,
            grant: None,
            scopes,
            role,
            groups: vec![],
            tool_policies,
            stale_answers: tenant.stale_answers,
            servers: None,
            allowed_ips: vec![],
            live,
        }
    }

    /// Whether it may reach this integration.
    pub fn may_reach(&self, integration: &str) -> bool {
        self.servers.as_ref().is_none_or(|servers| servers.iter().any(|server| server == integration))
    }

    /// Whether its credential was made for tools of this kind.
    pub fn has_scope(&self, manifest: &Manifest, access: Access) -> bool {
        let needed = needed_scope(manifest, access);
        self.may_reach(manifest.name) && self.scopes.contains(&needed)
    }

    /// Whether it may use this tool: by its scopes, by its role, and by its groups.
    pub fn may_use(&self, manifest: &Manifest, spec: &ToolSpec) -> bool {
        self.has_scope(manifest, spec.access)
            && self.role.reaches(self.least_role(manifest, spec))
            && self.missing_groups(manifest, spec).is_none()
    }

    /// The least role that may use this tool: by what it does, unless the tenant asks for more.
    pub fn least_role(&self, manifest: &Manifest, spec: &ToolSpec) -> LeastRole {
        let shipped = match spec.access {
            Access::Read => LeastRole::Auditor,
            Access::Write => LeastRole::Member,
        };
        self.policies_about(manifest, spec).map(|policy| policy.least_role).fold(shipped, LeastRole::max)
    }

    /// Groups of which its tenant asks for one of those who use this tool, while it is in none of them. Where several policies
    /// ask, each must be met.
    pub fn missing_groups(&self, manifest: &Manifest, spec: &ToolSpec) -> Option<&[String]> {
        let mut asked = self.policies_about(manifest, spec).map(|policy| policy.groups.as_slice());
        asked.find(|groups| !groups.is_empty() && !groups.iter().any(|group| self.groups.contains(group)))
    }

    fn policies_about(&self, manifest: &Manifest, spec: &ToolSpec) -> impl Iterator<Item = &ToolPolicy> {
        let writes = spec.access == Access::Write;
        self.tool_policies.iter().filter(move |policy| policy.tools.covers(manifest.name, spec.name, writes))
    }
}

/// The scope that a tool of this kind asks for.
pub(crate) fn needed_scope(manifest: &Manifest, access: Access) -> String {
    match access {
        Access::Read => manifest.read_scope(),
        Access::Write => manifest.write_scope(),
    }
}
