//! Asking somebody else at the client, who can sign in to the account, to connect it. They need no membership, and see
//! nothing of the tenant but its name.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use serde_json::json;
use turnpike_core::{LinkId, TenantId};
use turnpike_store::{LinkPurpose, MailedLink};
use turnpike_tenancy::Actor;

use super::connect::{self, ConnectPage};
use crate::{
    Member, Portal,
    brand::Brand,
    http::{Address, Answer, Failure, Form, Frame, Notice, page},
    mail::Letter,
    people::{NewLink, address_of, mail_link, secret_of},
};

/// What such a link holds.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    integration: String,
}

/// The integration that a link is about.
pub(crate) fn integration_of(link: &MailedLink) -> String {
    serde_json::from_str::<Content>(&link.content_json).unwrap_or_default().integration
}

pub(crate) async fn mail(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    address: Address,
    member: Member,
    Path(integration): Path<String>,
    form: Form,
) -> Answer {
    let manifest = connect::manifest(&portal, &integration)?;
    let email = address_of(form.text("email"));
    let email = email.ok_or_else(|| Failure::Refused("this is no e-mail address".into()))?;
    portal.throttle.attempt("connect link", &member.tenant.id.to_string(), address.0, portal.ambient.now()).await?;
    let new = NewLink {
        purpose: LinkPurpose::Connect,
        tenant: Some(member.tenant.id),
        email: &email,
        content: json!({ "integration": manifest.name }),
        made_by: Some(member.actor().0),
    };
    let (by, organisation) = (member.person.name.clone(), member.tenant.name.clone());
    let title = manifest.title.to_owned();
    let id =
        mail_link(&portal, &brand, new, |link| Letter::Connect { by, organisation, integration: title, link }).await?;
    let details = json!({ "integration": manifest.name });
    portal
        .tenancy
        .record(member.tenant.id, &member.actor(), "connect_link.made", &format!("link:{id}"), details)
        .await?;
    Ok(Redirect::to(&Notice::LinkMailed.at("/connections")).into_response())
}

pub(crate) async fn take_back(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id: LinkId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.store.tenant(member.tenant.id).delete_link(id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::LinkTakenBack.at("/connections")).into_response())
}

async fn find(portal: &Portal, secret: &str) -> Result<(MailedLink, TenantId), Failure> {
    let hash = secret_of(secret)?;
    let link = portal.store.system().find_link(&hash, LinkPurpose::Connect, portal.ambient.now()).await?;
    let link = link.ok_or(Failure::LinkOver)?;
    let tenant = link.tenant_id.ok_or(Failure::LinkOver)?;
    Ok((link, tenant))
}

async fn of_link(portal: &Portal, frame: Frame, secret: &str) -> Result<(ConnectPage, MailedLink, TenantId), Failure> {
    let (link, id) = find(portal, secret).await?;
    let tenant = portal.store.tenant(id).get().await?;
    let manifest = connect::manifest(portal, &integration_of(&link))?;
    Ok((ConnectPage::new(portal, frame, format!("/connect-for/{secret}"), tenant.name, manifest), link, id))
}

pub(crate) async fn open(State(portal): State<Portal>, frame: Frame, Path(secret): Path<String>) -> Answer {
    page(of_link(&portal, frame, &secret).await?.0)
}

pub(crate) async fn authorize(State(portal): State<Portal>, Path(secret): Path<String>, form: Form) -> Answer {
    let (link, tenant) = find(&portal, &secret).await?;
    connect::leave(&portal, &Actor::link(link.id), tenant, &integration_of(&link), connect::side(&form)).await
}

pub(crate) async fn fill_in(
    State(portal): State<Portal>,
    frame: Frame,
    Path(secret): Path<String>,
    form: Form,
) -> Answer {
    let (shown, link, tenant) = of_link(&portal, frame.clone(), &secret).await?;
    match connect::connect_with_form(&portal, &Actor::link(link.id), tenant, &integration_of(&link), &form).await {
        Ok(connected) => connect::done_for_others(&portal, frame, &connected, link.id).await,
        Err(Failure::Connect(error)) => shown.again(&form, error.to_string(), error.what_to_do()),
        Err(error) => Err(error),
    }
}
