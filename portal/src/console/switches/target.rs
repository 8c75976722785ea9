//! What a switch stops: read from a form, and told in words before it does.

use turnpike_core::TenantId;
use turnpike_store::SwitchTarget;

use crate::{Portal, console::names::Clients, http::Failure, pages::connections::title};

/// What a form names: a client's id or nothing, and `integration`, `integration/tool` or nothing.
pub(super) async fn read(portal: &Portal, tenant: &str, what: &str) -> Result<SwitchTarget, Failure> {
    let tenant: Option<TenantId> = match tenant {
        "" => None,
        id => Some(id.parse().map_err(|_| Failure::NotFound)?),
    };
    if let Some(id) = tenant {
        portal.store.tenant(id).get().await?;
    }
    let (integration, tool) = match what.split_once('/') {
        _ if what.is_empty() => (None, None),
        None => (Some(what), None),
        Some((integration, tool)) => (Some(integration), Some(tool)),
    };
    if let Some(name) = integration {
        let own = portal.find_integration(name).ok_or(Failure::NotFound)?;
        if tool.is_some_and(|tool| own.tools.iter().all(|known| known.spec.name != tool)) {
            return Err(Failure::NotFound);
        }
    }
    Ok(SwitchTarget { tenant, integration: integration.map(str::to_owned), tool: tool.map(str::to_owned) })
}

/// What stops.
pub(super) fn in_words(portal: &Portal, clients: &Clients, target: &SwitchTarget) -> String {
    let what = match (&target.integration, &target.tool) {
        (Some(integration), Some(tool)) => format!("Calls of {tool} of {}", title(portal, integration)),
        (Some(integration), None) => format!("All calls to {}", title(portal, integration)),
        (None, _) => "All calls to every integration".to_owned(),
    };
    match target.tenant {
        Some(tenant) => format!("{what}, of {} only", clients.name(tenant)),
        None => format!("{what}, of every client"),
    }
}
