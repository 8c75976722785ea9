//! Keys: made, shown once, revoked.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_core::{ApiKeyId, Timestamp};
use turnpike_store::ApiKey;
use turnpike_tenancy::KeyRequest;

use super::{
    Tag, combined, day,
    rights::{Choice, Rights},
    shown,
};
use crate::{
    HostSettings, HostTarget, Member, Portal,
    brand::Brand,
    host_settings,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    people::check_name,
};

/// A key in the list.
pub(super) struct Line {
    pub(super) id: ApiKeyId,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) tag: Tag,
    pub(super) role: &'static str,
    pub(super) scopes: String,
    pub(super) servers: String,
    pub(super) made: String,
    pub(super) ends: String,
    pub(super) used: String,
    pub(super) revocable: bool,
}

pub(super) fn line(key: ApiKey, now: Timestamp) -> Line {
    let over = key.expires_at.is_some_and(|end| end <= now);
    Line {
        id: key.id,
        name: key.name,
        hint: key.hint,
        tag: Tag::of_agent(key.revoked_at.is_some(), over, key.live),
        role: key.role.as_str(),
        scopes: key.scopes.join(", "),
        servers: key.servers.map_or_else(|| "all".to_owned(), |servers| servers.join(", ")),
        made: day(key.created_at),
        ends: key.expires_at.map_or_else(|| "never".to_owned(), day),
        used: key.last_used_at.map_or_else(|| "never".to_owned(), shown),
        revocable: key.revoked_at.is_none() && !over,
    }
}

#[derive(Template)]
#[template(path = "pages/agent_form.html")]
struct AgentForm {
    frame: Frame,
    errors: FieldErrors,
    name: String,
    choices: Vec<Choice>,
    days: String,
    live: bool,
}

impl AgentForm {
    fn of(portal: &Portal, frame: Frame, errors: FieldErrors, name: &str, rights: Rights) -> Self {
        let choices = rights.choices(portal);
        let Rights { days, live, .. } = rights;
        Self { frame, errors, name: name.to_owned(), choices, days, live }
    }
}

pub(crate) async fn form(State(portal): State<Portal>, frame: Frame) -> Answer {
    let rights = Rights::shipped(&portal);
    page(AgentForm::of(&portal, frame, FieldErrors::default(), "", rights))
}

/// The key, once.
#[derive(Template)]
#[template(path = "pages/agent_made.html")]
struct AgentMade {
    frame: Frame,
    name: String,
    key: String,
    url: String,
    hosts: Vec<HostSettings>,
}

pub(crate) async fn make(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
    form: Form,
) -> Answer {
    let (name, mut errors) = (form.text("name"), FieldErrors::default());
    check_name(&mut errors, "name", name);
    let rights = Rights::read(&portal, &form, &mut errors);
    if !errors.is_empty() {
        return again(AgentForm::of(&portal, frame, errors, name, rights));
    }
    let expires_at = rights.expires_at(portal.ambient.now());
    let request = KeyRequest { name, scopes: rights.scopes, role: None, servers: None, expires_at, live: rights.live };
    let (_, key) = portal.tenancy.add_key(&member.actor(), member.tenant.id, request).await?;
    let url = combined(&portal);
    let hosts = host_settings(&HostTarget { name: &brand.slug(), url: &url, key: Some(key.expose()) });
    page(AgentMade { frame, name: name.to_owned(), key: key.expose().to_owned(), url, hosts })
}

pub(crate) async fn revoke(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id: ApiKeyId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.tenancy.revoke_key(&member.actor(), member.tenant.id, id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::KeyRevoked.at("/agents")).into_response())
}
