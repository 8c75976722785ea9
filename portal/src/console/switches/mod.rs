//! What is switched off, and what was.

mod new;
mod target;

pub(crate) use new::{confirm, set};

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_core::{SwitchId, TenantId, visible};
use turnpike_sdk::Integration;
use turnpike_store::{KillSwitch, SwitchTarget};
use turnpike_tenancy::Actor;

use super::names::{Actors, Clients};
use crate::{
    Portal, Staff,
    http::{Answer, Failure, Frame, Notice, page},
    pages::shown,
};

/// A switch that stands or stood.
pub(super) struct Line {
    pub(super) id: SwitchId,
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) set: String,
    /// By whom and when it was lifted.
    pub(super) lifted: Option<String>,
}

/// An integration with its tools, to choose from.
struct Choice {
    name: &'static str,
    title: &'static str,
    tools: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "console/switches.html")]
struct SwitchesPage {
    frame: Frame,
    standing: Vec<Line>,
    lifted: Vec<Line>,
    clients: Vec<(TenantId, String)>,
    choices: Vec<Choice>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let system = portal.store.system();
    let all = lines(&portal, system.list_switch_history().await?).await?;
    let (standing, mut lifted): (Vec<_>, Vec<_>) = all.into_iter().partition(|line| line.lifted.is_none());
    lifted.reverse();
    let clients = system.list_tenants().await?.into_iter().filter(|tenant| tenant.deleted_at.is_none());
    let mut clients: Vec<_> = clients.map(|tenant| (tenant.id, visible(&tenant.name))).collect();
    clients.sort_by_cached_key(|(_, name)| name.to_lowercase());
    let choices = portal.integrations.iter().map(|own| choice(own)).collect();
    page(SwitchesPage { frame, standing, lifted, clients, choices })
}

fn choice(own: &Integration) -> Choice {
    let tools = own.tools.iter().map(|tool| tool.spec.name).collect();
    Choice { name: own.manifest.name, title: own.manifest.title, tools }
}

/// The switches that stop anything of this client.
pub(super) async fn standing_for(portal: &Portal, tenant: TenantId) -> Result<Vec<Line>, Failure> {
    let standing = portal.store.system().list_switches().await?.into_iter();
    let own = standing.filter(|switch| switch.target.tenant.is_none_or(|named| named == tenant));
    lines(portal, own.collect()).await
}

async fn lines(portal: &Portal, switches: Vec<KillSwitch>) -> Result<Vec<Line>, Failure> {
    let clients = Clients::read(portal).await?;
    let people = switches.iter().flat_map(|switch| [Some(&switch.set_by), switch.lifted_by.as_ref()]);
    let actors = Actors::read(portal, people.flatten().map(String::as_str).collect()).await?;
    let lines = switches.iter().map(|switch| Line {
        id: switch.id,
        what: target::in_words(portal, &clients, &switch.target),
        reason: switch.reason.clone(),
        set: format!("{} by {}", shown(switch.set_at), actors.name(&switch.set_by)),
        lifted: switch
            .lifted_at
            .map(|at| format!("{} by {}", shown(at), actors.name(switch.lifted_by.as_deref().unwrap_or_default()))),
    });
    Ok(lines.collect())
}

pub(crate) async fn lift(State(portal): State<Portal>, staff: Staff, Path(id): Path<String>) -> Answer {
    let id: SwitchId = id.parse().map_err(|_| Failure::NotFound)?;
    let (system, by) = (portal.store.system(), Actor::person(staff.person.id));
    let standing = system.list_switches().await?.into_iter().find(|switch| switch.id == id);
    let switch = standing.ok_or(Failure::NotFound)?;
    if system.switch_on(&switch.target, &by.0, portal.ambient.now()).await? {
        record(&portal, &by, "switch.lifted", id, &switch.target, &switch.reason).await?;
    }
    Ok(Redirect::to(&Notice::SwitchLifted.at("/console/switches")).into_response())
}

/// Notes in the audit log what was done with a switch: of the client that it names, else of none.
async fn record(
    portal: &Portal,
    by: &Actor,
    action: &'static str,
    id: SwitchId,
    target: &SwitchTarget,
    reason: &str,
) -> Result<(), Failure> {
    let SwitchTarget { tenant, integration, tool } = target;
    let details = json!({ "integration": integration, "tool": tool, "reason": reason });
    let whose = tenant.unwrap_or(TenantId::NONE);
    Ok(portal.tenancy.record(whose, by, action, &format!("switch:{id}"), details).await?)
}
