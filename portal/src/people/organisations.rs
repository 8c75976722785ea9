//! Which tenant to look at, for those who belong to several or to none.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use turnpike_core::{Role, TenantId};
use turnpike_store::Membership;

use super::sign_up::check_name;
use turnpike_tenancy::Actor;

use crate::{
    Portal, SignedIn,
    http::{Answer, Failure, FieldErrors, Form, Frame, again, page},
};

#[derive(Template)]
#[template(path = "people/organisations.html")]
struct Organisations {
    frame: Frame,
    errors: FieldErrors,
    memberships: Vec<Membership>,
    sign_up: bool,
    name: String,
}

/// Who belongs to one organisation goes on to it.
pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, signed_in: SignedIn) -> Answer {
    let SignedIn { session, memberships, person } = signed_in;
    if let ([only], false) = (memberships.as_slice(), person.staff) {
        portal.store.system().act_for(session.id, Some(only.tenant_id)).await?;
        return Ok(Redirect::to("/home").into_response());
    }
    if memberships.is_empty() && person.staff {
        return Ok(Redirect::to("/console").into_response());
    }
    let sign_up = portal.settings.portal.sign_up;
    page(Organisations { frame, errors: FieldErrors::default(), memberships, sign_up, name: String::new() })
}

pub(crate) async fn choose(State(portal): State<Portal>, signed_in: SignedIn, form: Form) -> Answer {
    let id: TenantId = form.text("tenant").parse().map_err(|_| Failure::NotFound)?;
    let own = signed_in.memberships.iter().any(|membership| membership.tenant_id == id);
    if !own {
        return Err(Failure::NotFound);
    }
    portal.store.system().act_for(signed_in.session.id, Some(id)).await?;
    Ok(Redirect::to("/home").into_response())
}

/// Founds an organisation: for who came by single sign-on, and for a second one.
pub(crate) async fn found(State(portal): State<Portal>, frame: Frame, signed_in: SignedIn, form: Form) -> Answer {
    if !portal.settings.portal.sign_up {
        return Err(Failure::NotFound);
    }
    let name = form.text("name");
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", name);
    if !errors.is_empty() {
        let SignedIn { memberships, .. } = signed_in;
        return again(Organisations { frame, errors, memberships, sign_up: true, name: name.to_owned() });
    }
    let person = signed_in.person;
    let tenant = portal.tenancy.add_tenant(&Actor::person(person.id), name).await?;
    portal.store.tenant(tenant).insert_member(person.id, Role::Owner, portal.ambient.now()).await?;
    portal.store.system().act_for(signed_in.session.id, Some(tenant)).await?;
    Ok(Redirect::to("/start").into_response())
}
