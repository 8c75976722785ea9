//! Service agents: made, their secret shown once, revoked.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_core::{Role, ServiceAgentId, Timestamp, parse_groups};
use turnpike_store::ServiceAgent;
use turnpike_tenancy::ServiceAgentRequest;

use super::{
    Tag, combined, day,
    rights::{Choice, Rights},
    shown,
};
use crate::{
    Member, Portal,
    hosts::list_tools,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    people::check_name,
};

/// A service agent in the list.
pub(super) struct Line {
    pub(super) id: ServiceAgentId,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) tag: Tag,
    pub(super) role: &'static str,
    pub(super) scopes: String,
    pub(super) groups: String,
    pub(super) made: String,
    pub(super) ends: String,
    pub(super) used: String,
    pub(super) revocable: bool,
}

pub(super) fn line(own: ServiceAgent, now: Timestamp) -> Line {
    let over = own.expires_at.is_some_and(|end| end <= now);
    Line {
        id: own.id,
        name: own.name,
        hint: own.hint,
        tag: Tag::of_agent(own.revoked_at.is_some(), over, own.live),
        role: own.role.as_str(),
        scopes: own.scopes.join(", "),
        groups: own.groups.join(", "),
        made: day(own.created_at),
        ends: own.expires_at.map_or_else(|| "never".to_owned(), day),
        used: own.last_used_at.map_or_else(|| "never".to_owned(), shown),
        revocable: own.revoked_at.is_none() && !over,
    }
}

#[derive(Template)]
#[template(path = "pages/service_form.html")]
struct ServiceForm {
    frame: Frame,
    errors: FieldErrors,
    name: String,
    choices: Vec<Choice>,
    days: String,
    live: bool,
    roles: Vec<Role>,
    role: String,
    groups: String,
}

/// The roles that somebody may give: none above their own.
fn roles(member: &Member) -> Vec<Role> {
    Role::ALL.iter().copied().filter(|role| *role <= member.role).collect()
}

pub(crate) async fn form(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let rights = Rights::shipped(&portal);
    page(ServiceForm {
        frame,
        errors: FieldErrors::default(),
        name: String::new(),
        choices: rights.choices(&portal),
        days: rights.days,
        live: rights.live,
        roles: roles(&member),
        role: Role::Auditor.to_string(),
        groups: String::new(),
    })
}

/// The secret, once.
#[derive(Template)]
#[template(path = "pages/service_made.html")]
struct ServiceMade {
    frame: Frame,
    name: String,
    id: ServiceAgentId,
    secret: String,
    token_url: String,
    url: String,
    fetch: String,
    call: String,
}

pub(crate) async fn make(State(portal): State<Portal>, frame: Frame, member: Member, form: Form) -> Answer {
    let (name, mut errors) = (form.text("name"), FieldErrors::default());
    check_name(&mut errors, "name", name);
    let rights = Rights::read(&portal, &form, &mut errors);
    let role = roles(&member).into_iter().find(|role| role.as_str() == form.text("role"));
    errors.check(role.is_none(), "role", "Choose one of these.");
    let too_low = rights.writes() && role == Some(Role::Auditor);
    errors.check(too_low, "role", "An auditor changes nothing: choose a higher role, or less to do.");
    let groups = parse_groups(form.text("groups")).map_err(|error| errors.add("groups", error.to_string())).ok();
    let (Some(role), Some(groups), true) = (role, groups, errors.is_empty()) else {
        return again(ServiceForm {
            frame,
            errors,
            name: name.to_owned(),
            choices: rights.choices(&portal),
            days: rights.days,
            live: rights.live,
            roles: roles(&member),
            role: form.text("role").to_owned(),
            groups: form.text("groups").to_owned(),
        });
    };
    let expires_at = rights.expires_at(portal.ambient.now());
    let request = ServiceAgentRequest { name, scopes: rights.scopes, role, groups, expires_at, live: rights.live };
    let (id, secret) = portal.tenancy.add_service_agent(&member.actor(), member.tenant.id, request).await?;
    let (url, token_url, secret) =
        (combined(&portal), format!("{}/token", portal.oauth.issuer()), secret.expose().to_owned());
    page(ServiceMade {
        frame,
        name: name.to_owned(),
        fetch: format!(
            "curl -s {token_url} -u '{id}:{secret}' \\\n  -d grant_type=client_credentials -d resource={url}"
        ),
        call: list_tools(&url, "ACCESS-TOKEN"),
        id,
        secret,
        token_url,
        url,
    })
}

pub(crate) async fn revoke(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id: ServiceAgentId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.tenancy.revoke_service_agent(&member.actor(), member.tenant.id, id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::ServiceRevoked.at("/agents")).into_response())
}
