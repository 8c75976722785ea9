//! When the tenant's connections end, month by month, and why then.

use askama::Template;
use axum::extract::State;
use turnpike_core::{ConnectionId, Timestamp};
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tenancy::Prediction;

use super::{Tag, connections, day};
use crate::{
    Member, Permission, Portal,
    console::ApiVersion,
    http::{Answer, Frame, page},
};

/// A connection, as a line of the calendar.
struct Line {
    id: ConnectionId,
    integration: String,
    title: String,
    tag: Tag,
    sandbox: bool,
    ends: Option<String>,
    why: String,
}

/// The connections of a month, or those of which no end is known.
struct Part {
    title: String,
    lines: Vec<Line>,
}

/// The version of a vendor's API that is used, and the last day on which it is served.
struct Version {
    title: &'static str,
    version: String,
    ends: String,
    tag: Option<Tag>,
}

#[derive(Template)]
#[template(path = "pages/ends.html")]
struct Calendar {
    frame: Frame,
    parts: Vec<Part>,
    versions: Vec<Version>,
    may_connect: bool,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let refreshed = rows.list_refreshed().await?;
    let mut known = vec![];
    for row in rows.list_connections().await? {
        let Some(integration) = portal.find_integration(&row.integration) else { continue };
        let refreshed_at = refreshed.iter().find(|own| own.connection_id == row.id).map(|own| own.stored_at);
        known.push((Prediction::of(&integration.manifest, &row, refreshed_at), row));
    }
    known.sort_by_key(|(prediction, row)| place(row, prediction.at));
    let mut parts: Vec<Part> = vec![];
    for (prediction, row) in known {
        let title = part_of(&row, prediction.at, now);
        let line = Line {
            id: row.id,
            title: connections::title(&portal, &row.integration),
            tag: Tag::of_connection(&row),
            sandbox: row.sandbox,
            ends: prediction.at.map(day),
            why: prediction.why,
            integration: row.integration,
        };
        match parts.last_mut().filter(|part| part.title == title) {
            Some(part) => part.lines.push(line),
            None => parts.push(Part { title, lines: vec![line] }),
        }
    }
    let connected = |name: &str| parts.iter().flat_map(|part| &part.lines).any(|line| line.integration == name);
    let manifests = portal.integrations.iter().map(|own| &own.manifest).filter(|own| connected(own.name));
    let versions = manifests.filter_map(|own| {
        let ApiVersion { version, ends, tag } = ApiVersion::of(&portal, own, now);
        Some(Version { title: own.title, version, ends: ends?.to_string(), tag })
    });
    let mut versions: Vec<_> = versions.collect();
    versions.sort_by(|one, other| (&one.ends, one.title).cmp(&(&other.ends, other.title)));
    page(Calendar { frame, parts, versions, may_connect: member.may(Permission::Connect) })
}

/// Those that ask for a person come first, then the nearest end, then those without one, then what is disconnected.
fn place(row: &ConnectionRow, at: Option<Timestamp>) -> (u8, Option<Timestamp>) {
    match (row.state, at) {
        (ConnectionState::ReconnectNeeded, _) => (0, None),
        (ConnectionState::Disabled, _) => (3, None),
        (_, Some(at)) => (1, Some(at)),
        (_, None) => (2, None),
    }
}

fn part_of(row: &ConnectionRow, at: Option<Timestamp>, now: Timestamp) -> String {
    match (place(row, at), at) {
        ((0, _), _) => "Over".into(),
        ((1, _), Some(at)) if at <= now => "Over".into(),
        ((1, _), Some(at)) => at.to_utc().format("%B %Y").to_string(),
        ((3, _), _) => "Disconnected".into(),
        _ => "No end is known".into(),
    }
}
