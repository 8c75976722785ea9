//! Who calls.

mod authenticate;

use std::net::IpAddr;

pub use authenticate::{Authenticator, Refused};
use turnpike_core::TenantId;
use turnpike_sdk::{Access, Manifest};
use turnpike_store::TenantState;

/// An authenticated caller. The tenant comes from the credential and from nowhere else.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant.
    pub tenant: TenantId,
    /// Whether the tenant may call at all.
    pub tenant_state: TenantState,
    /// The key or the member, as an opaque name: `key:<id>`.
    pub principal: String,
    /// What it may do: `google-ads:read`, `google-ads:write`.
    pub scopes: Vec<String>,
    /// The integrations it may reach; `None` is all.
    pub servers: Option<Vec<String>>,
    /// Addresses it may call from; empty is all.
    pub allowed_ips: Vec<IpAddr>,
    /// May it reach live connections, and spend money? Else sandboxes only.
    pub live: bool,
}

impl Caller {
    /// The operator's own caller for one tenant: at the desk, over standard input and output.
    pub fn at_the_desk(tenant: TenantId, tenant_state: TenantState, scopes: Vec<String>) -> Self {
        Self { tenant, tenant_state, principal: "desk".into(), scopes, servers: None, allowed_ips: vec![], live: true }
    }

    /// Whether it may reach this integration.
    pub fn may_reach(&self, integration: &str) -> bool {
        self.servers.as_ref().is_none_or(|servers| servers.iter().any(|server| server == integration))
    }

    /// Whether it may use tools of this kind.
    pub fn may_use(&self, manifest: &Manifest, access: Access) -> bool {
        let needed = needed_scope(manifest, access);
        self.may_reach(manifest.name) && self.scopes.contains(&needed)
    }
}

/// The scope that a tool of this kind asks for.
pub(crate) fn needed_scope(manifest: &Manifest, access: Access) -> String {
    match access {
        Access::Read => manifest.read_scope(),
        Access::Write => manifest.write_scope(),
    }
}
