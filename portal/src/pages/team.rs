//! Who belongs to the tenant, who is invited, and which of the agency's staff has looked.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_core::{LinkId, PersonId, Role, parse_groups};
use turnpike_store::LinkPurpose;
use turnpike_tenancy::Actor;

use super::{day, shown};
use crate::{
    Member, Permission, Portal,
    brand::Brand,
    http::{Address, Answer, Failure, Form, Frame, Notice, page},
    mail::Letter,
    people::{NewLink, address_of, leave as sign_off, mail_link},
};

struct Line {
    id: PersonId,
    name: String,
    email: String,
    role: Role,
    groups: String,
    since: String,
    me: bool,
    /// The roles that the viewer may give this person; empty where none.
    roles: Vec<Role>,
}

struct Invited {
    id: LinkId,
    email: String,
    until: String,
}

struct Visited {
    at: String,
    until: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "pages/team.html")]
struct Team {
    frame: Frame,
    lines: Vec<Line>,
    invited: Vec<Invited>,
    visits: Vec<Visited>,
    roles: Vec<Role>,
    may_manage: bool,
    is_member: bool,
}

/// The roles that somebody may give, and whose holders they may touch: owners by owners only.
fn within_reach(member: &Member) -> Vec<Role> {
    if !member.may(Permission::ManageTeam) {
        return vec![];
    }
    let owns = member.may(Permission::Own);
    Role::ALL.iter().copied().filter(|role| owns || *role != Role::Owner).collect()
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let roles = within_reach(&member);
    let lines = portal.store.system().list_members(member.tenant.id).await?.into_iter().map(|own| Line {
        id: own.person_id,
        me: own.person_id == member.person.id,
        roles: if roles.contains(&own.role) { roles.clone() } else { vec![] },
        role: own.role,
        groups: own.groups.join(", "),
        since: day(own.joined_at),
        name: own.name,
        email: own.email,
    });
    let invited = rows.list_open_links(LinkPurpose::Invitation, now).await?;
    let visits = rows.list_visits().await?;
    page(Team {
        lines: lines.collect(),
        invited: invited
            .into_iter()
            .map(|link| Invited { id: link.id, email: link.email, until: shown(link.expires_at) })
            .collect(),
        visits: visits
            .into_iter()
            .map(|own| Visited { at: shown(own.created_at), until: shown(own.ends_at), reason: own.reason })
            .collect(),
        may_manage: member.may(Permission::ManageTeam),
        is_member: member.visit.is_none(),
        roles,
        frame,
    })
}

/// The role that a form names, if the member may give it.
fn role(member: &Member, form: &Form) -> Result<Role, Failure> {
    let role: Role = form.text("role").parse().map_err(Failure::Refused)?;
    if within_reach(member).contains(&role) { Ok(role) } else { Err(Failure::Forbidden) }
}

/// The member whom a path names, if the viewer may touch them.
async fn other(portal: &Portal, member: &Member, id: &str) -> Result<PersonId, Failure> {
    let id: PersonId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = portal.store.system().find_member(member.tenant.id, id).await?.ok_or(Failure::NotFound)?;
    if within_reach(member).contains(&found.role) { Ok(id) } else { Err(Failure::Forbidden) }
}

pub(crate) async fn invite(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    address: Address,
    member: Member,
    form: Form,
) -> Answer {
    let role = role(&member, &form)?;
    let email = address_of(form.text("email"));
    let email = email.ok_or_else(|| Failure::Refused("this is no e-mail address".into()))?;
    portal.throttle.attempt("invite", &member.tenant.id.to_string(), address.0, portal.ambient.now()).await?;
    let (by, organisation) = (member.person.name.clone(), member.tenant.name.clone());
    let new = NewLink {
        purpose: LinkPurpose::Invitation,
        tenant: Some(member.tenant.id),
        email: &email,
        content: json!({ "role": role.as_str() }),
        made_by: Some(member.actor().0),
    };
    let letter = |link| Letter::Invitation { by, organisation, role: role.to_string(), link };
    let id = mail_link(&portal, &brand, new, letter).await?;
    let details = json!({ "role": role.as_str() });
    portal.tenancy.record(member.tenant.id, &member.actor(), "member.invited", &format!("link:{id}"), details).await?;
    Ok(Redirect::to(&Notice::Invited.at("/team")).into_response())
}

pub(crate) async fn take_back(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id: LinkId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.store.tenant(member.tenant.id).delete_link(id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::LinkTakenBack.at("/team")).into_response())
}

pub(crate) async fn set_role(
    State(portal): State<Portal>,
    member: Member,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let (id, role) = (other(&portal, &member, &id).await?, role(&member, &form)?);
    if !portal.store.tenant(member.tenant.id).set_member_role(id, role).await? {
        return Ok(Redirect::to(&Notice::LastOwner.at("/team")).into_response());
    }
    let details = json!({ "role": role.as_str() });
    portal
        .tenancy
        .record(member.tenant.id, &member.actor(), "member.role_changed", &Actor::person(id).0, details)
        .await?;
    Ok(Redirect::to(&Notice::RoleChanged.at("/team")).into_response())
}

pub(crate) async fn set_groups(
    State(portal): State<Portal>,
    member: Member,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let id = other(&portal, &member, &id).await?;
    let groups = parse_groups(form.text("groups")).map_err(|error| Failure::Refused(error.to_string()))?;
    if !portal.tenancy.set_member_groups(&member.actor(), member.tenant.id, id, &groups).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::GroupsSet.at("/team")).into_response())
}

pub(crate) async fn remove(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id = other(&portal, &member, &id).await?;
    let removed = take_out(&portal, &member, id).await?;
    let notice = if removed { Notice::MemberRemoved } else { Notice::LastOwner };
    Ok(Redirect::to(&notice.at("/team")).into_response())
}

pub(crate) async fn leave(State(portal): State<Portal>, member: Member) -> Answer {
    if member.visit.is_some() {
        return Err(Failure::Forbidden);
    }
    if !take_out(&portal, &member, member.person.id).await? {
        return Ok(Redirect::to(&Notice::LastOwner.at("/team")).into_response());
    }
    portal.store.system().delete_session(member.person.id, member.session.id).await?;
    Ok(sign_off(&portal, "/sign-in"))
}

async fn take_out(portal: &Portal, member: &Member, id: PersonId) -> Result<bool, Failure> {
    let removed = portal.store.tenant(member.tenant.id).delete_member(id, portal.ambient.now()).await?;
    if removed {
        let (by, subject) = (member.actor(), Actor::person(id).0);
        portal.tenancy.record(member.tenant.id, &by, "member.removed", &subject, json!({})).await?;
    }
    Ok(removed)
}
