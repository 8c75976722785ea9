//! The audit log: of what concerns no client, and of each client.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use turnpike_core::{TenantId, visible};
use turnpike_store::{AuditEvent, AuditFilter};

use super::names::{Actors, Clients};
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::shown,
};

/// Events on a page.
const PAGE: usize = 50;

struct Line {
    sequence: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    details: String,
}

/// Whose log there is.
struct Choice {
    id: TenantId,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    choices: Vec<Choice>,
    chosen: TenantId,
    lines: Vec<Line>,
    /// The event before which the next page begins.
    older: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    tenant: Option<String>,
    before: Option<i64>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, Query(asked): Query<Asked>) -> Answer {
    let chosen = match asked.tenant.as_deref() {
        None | Some("") => TenantId::NONE,
        Some(id) => id.parse().map_err(|_| Failure::NotFound)?,
    };
    let filter = AuditFilter { before: asked.before, limit: PAGE as i64 + 1, ..AuditFilter::default() };
    let mut events = portal.store.tenant(chosen).list_audit(&filter).await?;
    let more = events.len() > PAGE;
    events.truncate(PAGE);
    let older = events.last().filter(|_| more).map(|event| event.sequence);
    let actors = Actors::read(&portal, events.iter().map(|event| event.actor.as_str()).collect()).await?;
    let lines = events.into_iter().map(|event| line(event, &actors)).collect();
    page(AuditPage { frame, choices: choices(&portal, chosen).await?, chosen, lines, older })
}

fn line(event: AuditEvent, actors: &Actors) -> Line {
    Line {
        sequence: event.sequence,
        at: shown(event.at),
        actor: actors.name(&event.actor),
        action: event.action,
        subject: event.subject,
        details: if event.details_json == "{}" { String::new() } else { visible(&event.details_json) },
    }
}

async fn choices(portal: &Portal, chosen: TenantId) -> Result<Vec<Choice>, Failure> {
    let clients = Clients::read(portal).await?;
    let named = portal.store.system().list_audit_tenants().await?.into_iter().filter(|id| *id != TenantId::NONE);
    let mut choices: Vec<_> = named.map(|id| Choice { id, name: clients.name(id), chosen: id == chosen }).collect();
    choices.sort_by_cached_key(|choice| choice.name.to_lowercase());
    Ok(choices)
}
