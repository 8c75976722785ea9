//! The person's own page: name, password, signed-in browsers.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_store::Person;

use super::shown;
use turnpike_tenancy::Actor;

use crate::{
    Portal, SignedIn,
    brand::Brand,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    mail::Letter,
    people::{check_name, leave, problem_with},
};

struct Browser {
    name: String,
    since: String,
    seen: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage {
    frame: Frame,
    errors: FieldErrors,
    name: String,
    email: String,
    has_password: bool,
    /// Belongs to nobody, and may go.
    free: bool,
    browsers: Vec<Browser>,
}

async fn account(
    portal: &Portal,
    frame: Frame,
    signed_in: &SignedIn,
    errors: FieldErrors,
) -> Result<AccountPage, Failure> {
    let SignedIn { person, session, .. } = signed_in;
    let sessions = portal.store.system().list_sessions(person.id, portal.ambient.now()).await?;
    let browsers = sessions.into_iter().map(|own| Browser {
        name: own.browser,
        since: shown(own.created_at),
        seen: shown(own.seen_at),
        this: own.id == session.id,
    });
    let (name, email) = (person.name.clone(), person.email.clone());
    Ok(AccountPage {
        frame,
        errors,
        name,
        email,
        has_password: person.password_hash.is_some(),
        free: signed_in.memberships.is_empty() && !person.staff,
        browsers: browsers.collect(),
    })
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, signed_in: SignedIn) -> Answer {
    page(account(&portal, frame, &signed_in, FieldErrors::default()).await?)
}

pub(crate) async fn rename(State(portal): State<Portal>, frame: Frame, signed_in: SignedIn, form: Form) -> Answer {
    let name = form.text("name");
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", name);
    if !errors.is_empty() {
        let mut shown = account(&portal, frame, &signed_in, errors).await?;
        shown.name = name.to_owned();
        return again(shown);
    }
    portal.store.system().update_person(&Person { name: name.to_owned(), ..signed_in.person }).await?;
    Ok(Redirect::to(&Notice::Saved.at("/account")).into_response())
}

/// Every other browser is signed out: whoever knew the old password may be in one of them.
pub(crate) async fn set_password(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    signed_in: SignedIn,
    form: Form,
) -> Answer {
    let password = form.exact("password");
    let problem = problem_with(password, &signed_in.person.email);
    if !problem.is_empty() {
        let mut errors = FieldErrors::default();
        errors.add("password", problem);
        return again(account(&portal, frame, &signed_in, errors).await?);
    }
    let SignedIn { person, session, memberships } = signed_in;
    let (system, by) = (portal.store.system(), Actor::person(person.id));
    let password_hash = Some(portal.passwords.hash(password).await?);
    system.update_person(&Person { password_hash, ..person.clone() }).await?;
    system.delete_other_sessions(person.id, Some(session.id)).await?;
    for own in memberships {
        portal
            .tenancy
            .record(own.tenant_id, &by, "person.password_set", &Actor::person(person.id).0, json!({}))
            .await?;
    }
    portal.mailer.send(&brand, &person.email, &Letter::PasswordSet { link: format!("{}/sign-in", brand.url) });
    Ok(Redirect::to(&Notice::PasswordSet.at("/account")).into_response())
}

pub(crate) async fn sign_out_elsewhere(State(portal): State<Portal>, signed_in: SignedIn) -> Answer {
    let SignedIn { person, session, .. } = signed_in;
    portal.store.system().delete_other_sessions(person.id, Some(session.id)).await?;
    Ok(Redirect::to(&Notice::SignedOutElsewhere.at("/account")).into_response())
}

/// Who belongs to an organisation leaves it first: it may need an owner.
pub(crate) async fn delete(State(portal): State<Portal>, signed_in: SignedIn) -> Answer {
    if !portal.store.system().delete_person(signed_in.person.id).await? {
        return Err(Failure::Refused("you belong to an organisation or to the staff; leave first".into()));
    }
    Ok(leave(&portal, "/sign-in"))
}
