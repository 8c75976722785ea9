//! Programs that members have let act in their names: what each may do, less of it, an end to it.

use std::collections::HashMap;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_core::{GrantId, PersonId, Timestamp, visible};
use turnpike_store::GrantRow;
use turnpike_tenancy::GrantError;

use super::shown;
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Form, Notice},
    pages::place_of,
};

/// What the viewer may see: all of the tenant's, or their own.
pub(super) struct Programs {
    /// Those that can call, by program and person.
    pub(super) standing: Vec<Program>,
    /// Those that cannot any more.
    pub(super) ended: Vec<Ended>,
    /// Other people's are among them.
    pub(super) everybodys: bool,
}

/// A program of one person, with each server that it may use.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) whose: String,
    pub(super) grants: Vec<Granted>,
}

/// A grant that is good.
pub(super) struct Granted {
    pub(super) id: GrantId,
    pub(super) server: String,
    pub(super) url: String,
    pub(super) place: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) since: String,
    pub(super) used: String,
    pub(super) ends: String,
}

/// What a program may do.
pub(super) struct Scope {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) writes: bool,
}

/// A grant that has ended.
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) whose: String,
    pub(super) server: String,
    pub(super) since: String,
    pub(super) at: String,
    pub(super) why: String,
}

/// The programs that the member may see.
pub(super) async fn find(portal: &Portal, member: &Member) -> Result<Programs, Failure> {
    let (everybodys, now) = (member.may(Permission::ManageAgents), portal.ambient.now());
    let people = portal.store.system().list_members(member.tenant.id).await?;
    let people: HashMap<_, _> = people.into_iter().map(|own| (own.person_id, visible(&own.name))).collect();
    let whose = |id: PersonId| match people.get(&id) {
        _ if id == member.person.id => "you".to_owned(),
        Some(name) => name.clone(),
        None => "a former member".to_owned(),
    };
    let mut found = Programs { standing: vec![], ended: vec![], everybodys };
    let mut keys: Vec<(PersonId, String)> = vec![];
    for row in portal.store.tenant(member.tenant.id).list_grants().await? {
        let whose = whose(row.person_id);
        if !everybodys && row.person_id != member.person.id {
            continue;
        }
        if row.revoked_at.is_some() || row.expires_at <= now {
            found.ended.push(ended(portal, row, whose));
            continue;
        }
        let key = (row.person_id, row.client_id.clone());
        let at = keys.iter().position(|own| *own == key).unwrap_or_else(|| {
            let (name, client_id) = (visible(&row.client_name), visible(&row.client_id));
            found.standing.push(Program { name, client_id, whose, grants: vec![] });
            keys.push(key);
            keys.len() - 1
        });
        found.standing[at].grants.push(granted(portal, row));
    }
    Ok(found)
}

fn granted(portal: &Portal, row: GrantRow) -> Granted {
    let resource = portal.oauth.resources().iter().find(|own| own.url == row.resource);
    let scope = |name: String| {
        let known = resource.and_then(|own| own.scopes.iter().find(|scope| scope.name == name));
        let title = known.map_or_else(|| visible(&name), |scope| scope.title.clone());
        Scope { title, writes: known.is_some_and(|scope| scope.writes), name }
    };
    Granted {
        id: row.id,
        server: server(portal, &row.resource),
        place: place_of(&row.redirect_uri),
        scopes: row.scopes.into_iter().map(scope).collect(),
        since: shown(row.created_at),
        used: row.last_used_at.map_or_else(|| "not yet".to_owned(), shown),
        ends: shown(row.expires_at),
        url: row.resource,
    }
}

fn ended(portal: &Portal, row: GrantRow, whose: String) -> Ended {
    Ended {
        name: visible(&row.client_name),
        whose,
        server: server(portal, &row.resource),
        since: shown(row.created_at),
        at: shown(ended_at(&row)),
        why: why(row.revoked_for.as_deref()),
    }
}

fn ended_at(row: &GrantRow) -> Timestamp {
    row.revoked_at.unwrap_or(row.expires_at)
}

fn server(portal: &Portal, url: &str) -> String {
    let known = portal.oauth.resources().iter().find(|own| own.url == url);
    known.map_or_else(|| visible(url), |own| own.title.clone())
}

/// Why it ended, in words.
fn why(word: Option<&str>) -> String {
    match word {
        None => "it was not used for too long".into(),
        Some("by_member") => "revoked by its person".into(),
        Some("by_admin") => "revoked by an admin".into(),
        Some("by_client") => "given back by the program".into(),
        Some("left") => "its person left the organisation".into(),
        Some("code_reused" | "token_reused") => {
            "what only the program should have was used twice: somebody else may have copied it".into()
        }
        Some(other) => visible(other),
    }
}

/// The grant of that id, if the member may touch it: their own, or any for those who manage agents.
async fn touchable(portal: &Portal, member: &Member, id: &str) -> Result<GrantId, Failure> {
    let id: GrantId = id.parse().map_err(|_| Failure::NotFound)?;
    let row = portal.store.tenant(member.tenant.id).find_grant(id).await?.ok_or(Failure::NotFound)?;
    let may = row.person_id == member.person.id || member.may(Permission::ManageAgents);
    if may { Ok(id) } else { Err(Failure::NotFound) }
}

/// Takes away what is not checked.
pub(crate) async fn narrow(State(portal): State<Portal>, member: Member, Path(id): Path<String>, form: Form) -> Answer {
    let id = touchable(&portal, &member, &id).await?;
    let kept: Vec<String> = form.all("scope").map(str::to_owned).collect();
    let narrowed = portal.tenancy.narrow_grant(&member.actor(), member.tenant.id, id, &kept).await;
    back(narrowed.map(|narrowed| if narrowed { Notice::GrantNarrowed } else { Notice::NothingTaken }))
}

pub(crate) async fn revoke(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id = touchable(&portal, &member, &id).await?;
    let revoked = portal.tenancy.revoke_grant(&member.actor(), member.tenant.id, id).await;
    back(revoked.map(|()| Notice::GrantRevoked))
}

fn back(done: Result<Notice, GrantError>) -> Answer {
    let notice = match done {
        Ok(notice) => notice,
        Err(GrantError::Over) => Notice::GrantOver,
        Err(GrantError::NoSuchGrant) => return Err(Failure::NotFound),
        Err(GrantError::Store(error)) => return Err(error.into()),
        Err(wrong @ (GrantError::Nothing | GrantError::Wider { .. })) => {
            return Err(Failure::Refused(wrong.to_string()));
        }
    };
    Ok(Redirect::to(&notice.at("/agents")).into_response())
}
