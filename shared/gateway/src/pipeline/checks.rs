//! The steps before the work: may this call run?

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use turnpike_core::{AccountId, Class, Fault, LeastRole, Outcome, TenantId};
use turnpike_limiter::{Bucket, NotAdmitted, Whose};
use turnpike_sdk::{Access, Rate, Touches};
use turnpike_store::{ConnectionState, KillSwitch, StoreError, TenantState};

use super::{Call, Refusal};
use crate::{Gateway, RefusalClass, gateway::Connected, identity::needed_scope, servers::Found, switches::Unreadable};

impl Gateway {
    /// A suspended tenant is served nothing.
    pub(super) fn check_tenant(&self, call: &Call) -> Result<(), Refusal> {
        if call.caller.tenant_state == TenantState::Active {
            return Ok(());
        }
        Err(Refusal::new(Outcome::CallerFault, RefusalClass::Suspended, "this organisation's service is suspended")
            .next("Ask a person of the organisation to settle its account with the service provider."))
    }

    /// May this caller use this tool now? Asked for each call, and again when a call turns out to be another tool's work.
    pub(super) fn check_tool(&self, call: &Call) -> Result<(), Refusal> {
        self.check_switches(call)?;
        self.check_scope(call)?;
        self.check_role(call)
    }

    /// What the operator has switched off is served to nobody, whoever asks and whatever was previewed before.
    fn check_switches(&self, call: &Call) -> Result<(), Refusal> {
        let standing = self.switches.standing().map_err(|Unreadable| {
            let message = "the service cannot tell whether it is switched off, so nothing was done";
            Refusal::new(Outcome::OurFault, RefusalClass::SwitchesUnreadable, message).next("Try again in a minute.")
        })?;
        match standing.iter().find(|switch| call.found.is_stopped_by(switch, &call.caller)) {
            Some(switch) => Err(switched_off(switch, &call.found)),
            None => Ok(()),
        }
    }

    /// Decided again for each call, whatever `tools/list` once said.
    fn check_scope(&self, call: &Call) -> Result<(), Refusal> {
        let (manifest, access) = (call.found.manifest(), call.found.spec().access);
        if call.caller.has_scope(manifest, access) {
            return Ok(());
        }
        let message = format!("this credential lacks the scope {}", needed_scope(manifest, access));
        Err(Refusal::new(Outcome::CallerFault, RefusalClass::InsufficientScope, message).next("Use one that has it."))
    }

    /// The same for the caller's role and groups, which the tool and the tenant's policies ask for.
    fn check_role(&self, call: &Call) -> Result<(), Refusal> {
        let (role, tool) = (call.caller.role, call.found.spec().name);
        match call.caller.least_role(call.found.manifest(), call.found.spec()) {
            least if role.reaches(least) => self.check_groups(call),
            LeastRole::Nobody => {
                let message = format!("this organisation lets nobody use `{tool}`");
                Err(Refusal::new(Outcome::CallerFault, RefusalClass::ToolForbidden, message)
                    .next("Do it without this tool, or ask an owner of the organisation to allow it."))
            }
            least => {
                let message = format!("`{tool}` asks for the role {least}, and this caller has the role {role}");
                Err(Refusal::new(Outcome::CallerFault, RefusalClass::RoleTooLow, message)
                    .next("Leave it to a person or a key of that role."))
            }
        }
    }

    fn check_groups(&self, call: &Call) -> Result<(), Refusal> {
        let Some(groups) = call.caller.missing_groups(call.found.manifest(), call.found.spec()) else { return Ok(()) };
        let (tool, groups) = (call.found.spec().name, groups.join(" or "));
        let message =
            format!("this organisation keeps `{tool}` to members of the group {groups}, and this caller is none");
        Err(Refusal::new(Outcome::CallerFault, RefusalClass::GroupMissing, message).next(
            "Leave it to a member of that group; an API key is in none. An admin of the organisation puts members into \
             groups, on the page of the team.",
        ))
    }

    /// One draw from three buckets, before anything costly.
    pub(super) async fn check_limits(&self, call: &Call) -> Result<(), Refusal> {
        let rate = self.tool_rate(call);
        let tool = format!("tool/{}/{}", call.found.manifest().name, call.found.spec().name);
        let bucket = |whose, key, per_minute, burst| Bucket { whose, key, per_minute, burst };
        let buckets = [
            bucket(Whose::Tool, tool, rate.per_minute, rate.burst),
            bucket(Whose::Tenant, "tenant".into(), self.limits.tenant_per_minute, self.limits.tenant_burst),
            bucket(
                Whose::Principal,
                call.caller.principal.clone(),
                self.limits.principal_per_minute,
                self.limits.principal_burst,
            ),
        ];
        let admitted = self.limiter.admit(&call.caller.tenant.to_string(), &buckets, call.began).await;
        admitted.map_err(|not| match not {
            NotAdmitted::Empty(refusal) => {
                let whose = refusal.whose.describe();
                Refusal::new(Outcome::Throttled, RefusalClass::RateLimited, format!("{whose} is used up for now"))
                    .whose(whose)
                    .retry_at(refusal.retry_at)
                    .next("Wait until `retry_at`, then send the same call again.")
            }
            NotAdmitted::Unreadable(_) => {
                let message = "the service cannot tell whether a limit is reached, so nothing was done";
                Refusal::new(Outcome::OurFault, RefusalClass::LimitsUnreadable, message).next("Try again in a minute.")
            }
        })
    }

    fn tool_rate(&self, call: &Call) -> Rate {
        let manifest = call.found.manifest();
        let settings = self.integration_settings.get(manifest.name);
        let (shipped, per_minute, burst) = match call.found.spec().access {
            Access::Read => (manifest.limits.read, settings.map(|s| s.read_per_minute), settings.map(|s| s.read_burst)),
            Access::Write => {
                (manifest.limits.write, settings.map(|s| s.write_per_minute), settings.map(|s| s.write_burst))
            }
        };
        let set = |value: Option<u32>, shipped| value.filter(|value| *value > 0).unwrap_or(shipped);
        Rate { per_minute: set(per_minute, shipped.per_minute), burst: set(burst, shipped.burst) }
    }

    /// A slow upstream must not let one tenant hold every connection of the process.
    pub(super) fn check_concurrency(&self, call: &Call) -> Result<OwnedSemaphorePermit, Refusal> {
        self.start_running(call.caller.tenant).ok_or_else(|| {
            let most = self.limits.tenant_concurrent;
            Refusal::new(
                Outcome::Throttled,
                RefusalClass::TooManyAtOnce,
                format!("{most} calls of this organisation are running already"),
            )
            .whose("your organisation's limit of calls at the same time")
            .next("Wait for one of them to end, then send the same call again.")
        })
    }

    /// There is a connection, and it can be used.
    pub(super) async fn check_connection(&self, call: &mut Call) -> Result<Arc<Connected>, Refusal> {
        let manifest = call.found.manifest();
        let connected = self.find_present_connection(call.caller.tenant, manifest.name).await?.ok_or_else(|| {
            Refusal::new(
                Outcome::CallerFault,
                RefusalClass::NotConnected,
                format!("{} is not connected", manifest.title),
            )
            .next("Nothing will work until a person of the organisation connects it. Show them this link:")
            .needs_connection()
        })?;
        call.connected = Some(connected.clone());
        if !call.caller.live && !connected.connection.sandbox {
            let message =
                format!("this agent is for sandboxes only, and the connection to {} is a live one", manifest.title);
            return Err(Refusal::new(Outcome::CallerFault, RefusalClass::TestKey, message)
                .next("Use a key or a service agent that is live; this one reaches sandbox connections only."));
        }
        match connected.state {
            ConnectionState::Disabled => {
                let reason = connected.reason.as_deref().unwrap_or("it was disconnected");
                let message = format!("{} is not connected any more: {reason}", manifest.title);
                Err(Refusal::new(Outcome::CallerFault, RefusalClass::ConnectionDisabled, message)
                    .next(
                        "Nothing will work until a person of the organisation connects it again. Show them this link:",
                    )
                    .needs_connection())
            }
            // The one place that stops a credential without access tokens: nothing else would say that it is over.
            ConnectionState::ReconnectNeeded if !manifest.auth.has_access_tokens() => {
                let unknown = || format!("{} no longer accepts the credential of this connection", manifest.title);
                Err(Fault::new(Class::AuthRevoked, connected.reason.clone().unwrap_or_else(unknown)).into())
            }
            // Only the refresh half has ended: the present access token may still be good. The vault knows.
            ConnectionState::ReconnectNeeded | ConnectionState::Ok | ConnectionState::Expiring => Ok(connected),
        }
    }

    /// The connection as it was remembered, if it was good. Nobody is refused by memory: who comes back from connecting calls
    /// again at once.
    async fn find_present_connection(
        &self,
        tenant: TenantId,
        integration: &'static str,
    ) -> Result<Option<Arc<Connected>>, Refusal> {
        let unreadable = |error: StoreError| {
            tracing::error!(tenant_id = %tenant, %error, "a connection cannot be read");
            Refusal::internal()
        };
        let known = self.find_connection(tenant, integration).await.map_err(unreadable)?;
        match known.as_ref().map(|connected| connected.state) {
            Some(ConnectionState::Ok | ConnectionState::Expiring) => Ok(known),
            None | Some(ConnectionState::ReconnectNeeded | ConnectionState::Disabled) => {
                Box::pin(self.look_up_connection(tenant, integration)).await.map_err(unreadable)
            }
        }
    }

    /// Every account named is on the connection's list. An account of another tenant and one that does not exist look the
    /// same, and the upstream sees nothing of either.
    pub(super) fn check_accounts(&self, call: &Call, connected: &Connected, touches: &Touches) -> Result<(), Refusal> {
        let Touches::Accounts(named) = touches else { return Ok(()) };
        let listed = |id: &AccountId| connected.connection.accounts.iter().any(|account| account.id == *id);
        let Some(foreign) = named.iter().find(|id| !listed(id)) else { return Ok(()) };
        let prefix = call.found.manifest().title;
        Err(Refusal::new(
            Outcome::CallerFault,
            RefusalClass::UnknownAccount,
            format!("{prefix} account {foreign} is not on this connection"),
        )
        .next("Call list_accounts and use one of the accounts that it shows."))
    }
}

fn switched_off(switch: &KillSwitch, found: &Found) -> Refusal {
    let (target, title, tool) = (&switch.target, found.manifest().title, found.spec().name);
    let what = match (target.integration.is_some(), target.tool.is_some()) {
        (_, true) => format!("`{tool}` of {title}"),
        (true, false) => title.to_owned(),
        (false, false) => "this service".to_owned(),
    };
    let whom = if target.tenant.is_some() { " for this organisation" } else { "" };
    let (since, reason) = (switch.set_at, &switch.reason);
    let message = format!("{what} is switched off{whom} by the service provider since {since}: {reason}");
    let next = "Nothing was sent and nothing is charged. Do not try it again and again: ask the service provider when it will \
                be back. `tools/list` shows what can be used meanwhile.";
    Refusal::new(Outcome::SwitchedOff, RefusalClass::SwitchedOff, message).next(next)
}
