//! Signing up. Nothing is made until the mailed link is opened, and nobody learns which addresses are known.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use turnpike_store::LinkPurpose;

use super::{NewLink, address_of, mail_link, problem_with};
use crate::{
    Portal, SignedIn,
    brand::Brand,
    http::{Address, Answer, Failure, FieldErrors, Form, Frame, again, page},
    mail::Letter,
};

/// The longest name.
pub(crate) const LONGEST_NAME: usize = 100;

/// What a sign-up link holds.
#[derive(Serialize, Deserialize)]
pub(super) struct SignUp {
    pub(super) organisation: String,
    pub(super) name: String,
    pub(super) password_hash: String,
}

#[derive(Template)]
#[template(path = "people/sign_up.html")]
struct SignUpPage {
    frame: Frame,
    errors: FieldErrors,
    organisation: String,
    name: String,
    email: String,
    sso: Option<String>,
}

pub(crate) async fn sign_up_page(State(portal): State<Portal>, frame: Frame, known: Option<SignedIn>) -> Answer {
    if known.is_some() {
        return Ok(Redirect::to("/organisations").into_response());
    }
    if !portal.settings.portal.sign_up {
        return Err(Failure::NotFound);
    }
    let (errors, sso) = (FieldErrors::default(), portal.sso.as_ref().map(|sso| sso.label.clone()));
    page(SignUpPage { frame, errors, organisation: String::new(), name: String::new(), email: String::new(), sso })
}

pub(crate) async fn sign_up(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    address: Address,
    frame: Frame,
    form: Form,
) -> Answer {
    if !portal.settings.portal.sign_up {
        return Err(Failure::NotFound);
    }
    let (organisation, name, password) = (form.text("organisation"), form.text("name"), form.exact("password"));
    let email = address_of(form.text("email"));
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "organisation", organisation);
    check_name(&mut errors, "name", name);
    errors.check(email.is_none(), "email", "Write an address such as you@company.example.");
    let problem = problem_with(password, form.text("email"));
    errors.check(!problem.is_empty(), "password", problem);
    let Some(email) = email.filter(|_| errors.is_empty()) else {
        let (organisation, name, email) = (organisation.into(), name.into(), form.text("email").into());
        let sso = portal.sso.as_ref().map(|sso| sso.label.clone());
        return again(SignUpPage { frame, errors, organisation, name, email, sso });
    };
    portal.throttle.attempt("sign up", &email, address.0, portal.ambient.now()).await?;
    // Before it is known whether the address is: the answer takes as long either way.
    let password_hash = portal.passwords.hash(password).await?;
    if portal.store.system().find_person_by_email(&email).await?.is_some() {
        portal.mailer.send(&brand, &email, &Letter::KnownAlready { link: format!("{}/sign-in", brand.url) });
    } else {
        let content = SignUp { organisation: organisation.into(), name: name.into(), password_hash };
        let new = NewLink {
            purpose: LinkPurpose::SignUp,
            tenant: None,
            email: &email,
            content: json!(content),
            made_by: None,
        };
        let organisation = organisation.to_owned();
        mail_link(&portal, &brand, new, |link| Letter::SignUp { organisation, link }).await?;
    }
    Ok(Redirect::to("/check-mail").into_response())
}

/// Notes what is wrong with a name.
pub(crate) fn check_name(errors: &mut FieldErrors, field: &'static str, name: &str) {
    errors.check(name.is_empty(), field, "Fill this in.");
    errors.check(name.chars().count() > LONGEST_NAME, field, "Use at most 100 characters.");
    errors.check(name.chars().any(turnpike_core::hides), field, "It holds characters that cannot be seen.");
}

#[derive(Template)]
#[template(path = "people/check_mail.html")]
struct CheckMail {
    frame: Frame,
    /// On the developer's own machine mails can be read here.
    outbox: bool,
}

pub(crate) async fn check_mail(State(portal): State<Portal>, frame: Frame) -> Answer {
    page(CheckMail { frame, outbox: portal.mailer.open_outbox.is_some() })
}
