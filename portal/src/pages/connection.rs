//! One connection: how it stands, what it reaches, and its end.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_core::{AccountId, ConnectionId};
use turnpike_sdk::Account;
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tenancy::{Prediction, Revoked};

use super::{Tag, connections, day, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Form, Frame, Notice, page},
};

#[derive(Template)]
#[template(path = "pages/connection.html")]
struct ConnectionPage {
    frame: Frame,
    id: ConnectionId,
    integration: String,
    title: &'static str,
    tag: Tag,
    reason: String,
    sandbox: bool,
    connected: bool,
    scopes: &'static [&'static str],
    since: String,
    changed: String,
    ends: Option<String>,
    /// Why then, or why nobody knows.
    why: String,
    /// The accounts that the grant reaches, and whether agents may use them.
    choices: Vec<(Account, bool)>,
    may_connect: bool,
}

/// The tenant's connection of that id; anything else is not there.
pub(crate) async fn find(portal: &Portal, member: &Member, id: &str) -> Result<ConnectionRow, Failure> {
    let id: ConnectionId = id.parse().map_err(|_| Failure::NotFound)?;
    Ok(portal.store.tenant(member.tenant.id).get_connection(id).await?)
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member, Path(id): Path<String>) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let manifest = &portal.find_integration(&row.integration).ok_or(Failure::NotFound)?.manifest;
    let refreshed = portal.store.tenant(member.tenant.id).list_refreshed().await?;
    let refreshed_at = refreshed.into_iter().find(|own| own.connection_id == row.id).map(|own| own.stored_at);
    let prediction = Prediction::of(manifest, &row, refreshed_at);
    let allowed = connections::accounts(&row.accounts_json)?;
    let choices = connections::accounts(&row.offered_json)?.into_iter().map(|account| {
        let chosen = allowed.iter().any(|own| own.id == account.id);
        (account, chosen)
    });
    page(ConnectionPage {
        frame,
        id: row.id,
        title: manifest.title,
        tag: Tag::of_connection(&row),
        reason: row.reason.clone().unwrap_or_default(),
        sandbox: row.sandbox,
        connected: row.state != ConnectionState::Disabled,
        scopes: manifest.auth.scopes(),
        since: shown(row.created_at),
        changed: shown(row.updated_at),
        ends: prediction.at.map(day),
        why: prediction.why,
        choices: choices.collect(),
        may_connect: member.may(Permission::Connect),
        integration: row.integration,
    })
}

pub(crate) async fn choose_accounts(
    State(portal): State<Portal>,
    member: Member,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let chosen: Vec<_> = form.all("account").map(|id| AccountId::new(id.to_owned())).collect();
    portal.tenancy.choose_accounts(&member.actor(), member.tenant.id, row.id, &chosen).await?;
    let back = match form.text("go_on") {
        "start" => "/start".to_owned(),
        _ => format!("/connections/{}", row.id),
    };
    Ok(Redirect::to(&Notice::AccountsChosen.at(&back)).into_response())
}

/// Asks the vendor anew which accounts the grant reaches.
pub(crate) async fn read_accounts(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let row = find(&portal, &member, &id).await?;
    portal.tenancy.refresh_accounts(&member.actor(), member.tenant.id, row.id).await?;
    Ok(Redirect::to(&Notice::AccountsRead.at(&format!("/connections/{}", row.id))).into_response())
}

pub(crate) async fn disconnect(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let done = portal.tenancy.disconnect(&member.actor(), member.tenant.id, row.id).await?;
    let notice = match done.revoked {
        Revoked::Yes => Notice::Disconnected,
        Revoked::NoSuchPlace => Notice::DisconnectedHere,
        Revoked::Later(_) => Notice::RevokedLater,
    };
    Ok(Redirect::to(&notice.at(&format!("/connections/{}", row.id))).into_response())
}
