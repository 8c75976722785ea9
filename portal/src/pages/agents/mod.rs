//! All agents of a tenant: programs that members have let in, service agents, keys. First of all how one more is connected.

mod keys;
mod programs;
mod rights;
mod services;

use std::sync::Arc;

use askama::Template;
use axum::{Extension, extract::State};
pub(crate) use keys::{form, make, revoke};
pub(crate) use programs::{narrow, revoke as revoke_program};
pub(crate) use services::{form as service_form, make as make_service, revoke as revoke_service};

use super::{Tag, day, shown};
use crate::{
    HostSettings, Member, Permission, Portal,
    brand::Brand,
    http::{Answer, Frame, page},
    sign_in_settings,
};

#[derive(Template)]
#[template(path = "pages/agents.html")]
struct Agents {
    frame: Frame,
    url: String,
    /// The servers' own addresses.
    urls: Vec<(String, String)>,
    hosts: Vec<HostSettings>,
    programs: programs::Programs,
    services: Vec<services::Line>,
    keys: Vec<keys::Line>,
    may_manage: bool,
}

pub(crate) async fn list(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let url = combined(&portal);
    page(Agents {
        frame,
        urls: urls(&portal),
        hosts: sign_in_settings(&brand.slug(), &url),
        url,
        programs: programs::find(&portal, &member).await?,
        services: rows.list_service_agents().await?.into_iter().rev().map(|own| services::line(own, now)).collect(),
        keys: rows.list_api_keys().await?.into_iter().rev().map(|key| keys::line(key, now)).collect(),
        may_manage: member.may(Permission::ManageAgents),
    })
}

/// The address that reaches all that is served.
fn combined(portal: &Portal) -> String {
    format!("{}/mcp", portal.public_url)
}

/// What each server is called, and where it is.
pub(crate) fn urls(portal: &Portal) -> Vec<(String, String)> {
    let own = portal.integrations.iter().map(|integration| &integration.manifest);
    own.map(|manifest| (manifest.title.to_owned(), format!("{}/{}/mcp", portal.public_url, manifest.name))).collect()
}
