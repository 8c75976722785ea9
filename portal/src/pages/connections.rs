//! The connections of a tenant, and what could be connected.

use askama::Template;
use axum::extract::State;
use turnpike_core::ConnectionId;
use turnpike_sdk::Account;
use turnpike_store::{ConnectionRow, LinkPurpose};

use super::{Tag, day, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Frame, page},
};

/// A connection, as a line of a list.
pub(crate) struct Line {
    pub(crate) id: ConnectionId,
    pub(crate) integration: String,
    pub(crate) title: String,
    pub(crate) tag: Tag,
    pub(crate) reason: String,
    pub(crate) sandbox: bool,
    pub(crate) accounts: usize,
    pub(crate) offered: usize,
    pub(crate) ends: Option<String>,
}

struct Open {
    name: &'static str,
    title: &'static str,
}

struct Link {
    id: String,
    email: String,
    title: String,
    until: String,
}

#[derive(Template)]
#[template(path = "pages/connections.html")]
struct Connections {
    frame: Frame,
    lines: Vec<Line>,
    open: Vec<Open>,
    links: Vec<Link>,
    may_connect: bool,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let rows = portal.store.tenant(member.tenant.id);
    let lines = lines(&portal, rows.list_connections().await?);
    let connected = |name: &str| lines.iter().any(|line| line.integration == name);
    let manifests = portal.integrations.iter().map(|integration| &integration.manifest);
    let open = manifests
        .filter(|manifest| !connected(manifest.name))
        .map(|manifest| Open { name: manifest.name, title: manifest.title })
        .collect();
    let links = rows.list_open_links(LinkPurpose::Connect, portal.ambient.now()).await?;
    let links = links.into_iter().map(|link| Link {
        id: link.id.to_string(),
        title: title(&portal, &super::connect_links::integration_of(&link)),
        email: link.email,
        until: shown(link.expires_at),
    });
    page(Connections { frame, open, links: links.collect(), may_connect: member.may(Permission::Connect), lines })
}

/// Connections of integrations that are served here.
pub(crate) fn lines(portal: &Portal, rows: Vec<ConnectionRow>) -> Vec<Line> {
    let served = rows.into_iter().filter(|row| portal.find_integration(&row.integration).is_some());
    served
        .map(|row| Line {
            id: row.id,
            title: title(portal, &row.integration),
            tag: Tag::of_connection(&row),
            reason: row.reason.clone().unwrap_or_default(),
            sandbox: row.sandbox,
            accounts: accounts(&row.accounts_json).map_or(0, |all| all.len()),
            offered: accounts(&row.offered_json).map_or(0, |all| all.len()),
            ends: row.predicted_end.map(day),
            integration: row.integration,
        })
        .collect()
}

/// How people call an integration.
pub(crate) fn title(portal: &Portal, integration: &str) -> String {
    portal.find_integration(integration).map_or(integration, |own| own.manifest.title).to_owned()
}

/// The accounts that a column holds.
pub(crate) fn accounts(json: &str) -> Result<Vec<Account>, Failure> {
    serde_json::from_str(json).map_err(|error| Failure::Internal(error.to_string()))
}
