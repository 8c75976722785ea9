//! Connecting an account: by the vendor's own consent page or by a form, both drawn from the integration's manifest.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;
use turnpike_core::{LinkId, TenantId};
use turnpike_sdk::{Field, Manifest};
use turnpike_store::{ConnectionState, TenantStore};
use turnpike_tenancy::{Actor, Allow, AuthorizationAnswer, Connected, Side, reminded_before};

use super::connection;
use crate::{
    Member, Portal,
    http::{Answer, Cookies, Failure, Form, Frame, Notice, again, page},
};

/// A page on which an account is connected: by a member, or by somebody who was mailed a link.
#[derive(Template)]
#[template(path = "pages/connect.html")]
pub(crate) struct ConnectPage {
    frame: Frame,
    /// Where its forms go: `…/authorize`, `…/form`, and for members `…/link`.
    base: String,
    title: &'static str,
    integration: &'static str,
    /// For whom, where that is not clear.
    tenant: String,
    /// The vendor's consent page can be gone to.
    live: bool,
    /// The sandbox has a consent page.
    sandbox: bool,
    scopes: &'static [&'static str],
    fields: Vec<Filled>,
    /// Where the sandbox makes a credential for the form.
    credential_page: Option<String>,
    /// What went wrong, and what to do.
    problem: Option<(String, String)>,
    may_mail: bool,
}

/// A field and what was typed; secrets are never shown again.
struct Filled {
    field: Field,
    value: String,
}

impl ConnectPage {
    pub(crate) fn new(portal: &Portal, frame: Frame, base: String, tenant: String, manifest: &Manifest) -> Self {
        Self {
            frame,
            may_mail: base.starts_with("/connections/"),
            base,
            title: manifest.title,
            integration: manifest.name,
            tenant,
            live: portal.tenancy.has_app(manifest.name, Side::Live),
            sandbox: portal.tenancy.has_app(manifest.name, Side::Sandbox),
            scopes: manifest.auth.scopes(),
            credential_page: portal.tenancy.credential_page(manifest.name).map(|url| url.path().to_owned()),
            fields: manifest.connect_form.iter().map(|field| Filled { field: *field, value: String::new() }).collect(),
            problem: None,
        }
    }

    /// The same after a form that was refused: what was typed stays, but for secrets.
    pub(crate) fn again(mut self, form: &Form, title: String, what_to_do: &str) -> Answer {
        for filled in self.fields.iter_mut().filter(|filled| !filled.field.secret) {
            filled.value = form.text(filled.field.name).to_owned();
        }
        self.problem = Some((title, what_to_do.to_owned()));
        again(self)
    }
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Path(integration): Path<String>,
) -> Answer {
    page(of_member(&portal, frame, &member, &integration)?)
}

fn of_member(portal: &Portal, frame: Frame, member: &Member, integration: &str) -> Result<ConnectPage, Failure> {
    let manifest = manifest(portal, integration)?;
    let base = format!("/connections/new/{}", manifest.name);
    Ok(ConnectPage::new(portal, frame, base, member.tenant.name.clone(), manifest))
}

/// The manifest of an integration that is served.
pub(crate) fn manifest<'a>(portal: &'a Portal, integration: &str) -> Result<&'a Manifest, Failure> {
    Ok(&portal.find_integration(integration).ok_or(Failure::NotFound)?.manifest)
}

pub(crate) async fn authorize(
    State(portal): State<Portal>,
    member: Member,
    Path(integration): Path<String>,
    form: Form,
) -> Answer {
    leave(&portal, &member.actor(), member.tenant.id, &integration, side(&form)).await
}

/// Sends the browser to the consent page, with a cookie by which it is known when it comes back.
pub(crate) async fn leave(portal: &Portal, actor: &Actor, tenant: TenantId, integration: &str, side: Side) -> Answer {
    let browser = portal.ambient.bytes::<32>();
    let url = portal.tenancy.begin_authorization(actor, tenant, integration, side, &browser).await?;
    Ok((AppendHeaders([portal.cookies.set(Cookies::CONNECT, &browser)]), Redirect::to(url.as_str())).into_response())
}

pub(crate) async fn fill_in(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Path(integration): Path<String>,
    form: Form,
) -> Answer {
    let page = of_member(&portal, frame, &member, &integration)?;
    match connect_with_form(&portal, &member.actor(), member.tenant.id, page.integration, &form).await {
        Ok(connected) => go_on(&portal, &connected).await,
        Err(Failure::Connect(error)) => page.again(&form, error.to_string(), error.what_to_do()),
        Err(error) => Err(error),
    }
}

pub(crate) async fn connect_with_form(
    portal: &Portal,
    actor: &Actor,
    tenant: TenantId,
    integration: &str,
    form: &Form,
) -> Result<Connected, Failure> {
    let fields = manifest(portal, integration)?.connect_form;
    let filled: HashMap<_, _> = fields.iter().map(|field| (field.name, form.text(field.name).to_owned())).collect();
    Ok(portal.tenancy.connect_with_form(actor, tenant, integration, side(form), filled, Allow::AsBefore).await?)
}

pub(crate) fn side(form: &Form) -> Side {
    if form.text("side") == "sandbox" { Side::Sandbox } else { Side::Live }
}

/// What a consent page sends back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Returned {
    state: String,
    code: Option<SecretString>,
    error: Option<String>,
    iss: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/connected.html")]
struct ConnectedPage {
    frame: Frame,
    title: String,
}

pub(crate) async fn callback(
    State(portal): State<Portal>,
    headers: HeaderMap,
    frame: Frame,
    Query(returned): Query<Returned>,
) -> Answer {
    let browser = portal.cookies.read(&headers, Cookies::CONNECT).ok_or(Failure::LinkOver)?;
    let Returned { state, code, error, iss } = returned;
    let answer = AuthorizationAnswer { state, code, error, iss };
    let connected = portal.tenancy.finish_authorization(&answer, &browser).await?;
    let response: Response = match mailed_link(&connected) {
        Some(link) => done_for_others(&portal, frame, &connected, link).await?,
        None => go_on(&portal, &connected).await?,
    };
    Ok((AppendHeaders([portal.cookies.remove(Cookies::CONNECT)]), response).into_response())
}

/// The mailed link by which somebody came.
fn mailed_link(connected: &Connected) -> Option<LinkId> {
    connected.actor.strip_prefix("link:")?.parse().ok()
}

/// The link has done its work. What may be used is chosen by the tenant, not by who holds the account.
pub(crate) async fn done_for_others(portal: &Portal, frame: Frame, connected: &Connected, link: LinkId) -> Answer {
    portal.store.tenant(connected.tenant).delete_link(link).await?;
    page(ConnectedPage { frame, title: super::connections::title(portal, &connected.connection.integration) })
}

/// Back to the beginning's steps as long as these are not done, else to the connection.
async fn go_on(portal: &Portal, connected: &Connected) -> Answer {
    let rows: TenantStore = portal.store.tenant(connected.tenant);
    if rows.list_api_keys().await?.is_empty() {
        return Ok(Redirect::to("/start").into_response());
    }
    let chosen = !connected.connection.accounts.is_empty();
    let notice = if chosen { Notice::Connected } else { Notice::ChooseAccounts };
    Ok(Redirect::to(&notice.at(&format!("/connections/{}", connected.connection.id))).into_response())
}

/// Where the links in agents' answers lead.
pub(crate) async fn reconnect(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let row = connection::find(&portal, &member, &id).await?;
    let ends_soon = row.predicted_end.is_some_and(|end| {
        let shape = portal.find_integration(&row.integration).map(|own| &own.manifest.auth);
        shape.and_then(|shape| reminded_before(shape, end, portal.ambient.now())).is_some()
    });
    let path = match row.state {
        ConnectionState::Ok if !ends_soon => format!("/connections/{}", row.id),
        ConnectionState::Ok
        | ConnectionState::Expiring
        | ConnectionState::ReconnectNeeded
        | ConnectionState::Disabled => {
            format!("/connections/new/{}", row.integration)
        }
    };
    Ok(Redirect::to(&path).into_response())
}
