//! Signing in, with a password or by a mailed link.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use turnpike_store::LinkPurpose;

use super::{NewLink, address_of, begin, mail_link};
use turnpike_tenancy::Actor;

use crate::{
    Portal, SignedIn,
    brand::Brand,
    http::{Address, Answer, FieldErrors, Form, Frame, again, local_path, page},
    mail::Letter,
};

/// Where to go on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ReturnTo {
    pub(crate) return_to: String,
}

#[derive(Template)]
#[template(path = "people/sign_in.html")]
struct SignInPage {
    frame: Frame,
    errors: FieldErrors,
    email: String,
    return_to: String,
    sso: Option<String>,
    sign_up: bool,
}

impl SignInPage {
    fn new(portal: &Portal, frame: Frame, return_to: &str) -> Self {
        Self {
            frame,
            errors: FieldErrors::default(),
            email: String::new(),
            return_to: local_path(return_to).to_owned(),
            sso: portal.sso.as_ref().map(|sso| sso.label.clone()),
            sign_up: portal.settings.portal.sign_up,
        }
    }
}

pub(crate) async fn sign_in_page(
    State(portal): State<Portal>,
    frame: Frame,
    known: Option<SignedIn>,
    Query(query): Query<ReturnTo>,
) -> Answer {
    match known {
        Some(_) if local_path(&query.return_to) == "/" => Ok(Redirect::to("/organisations").into_response()),
        _ => page(SignInPage::new(&portal, frame, &query.return_to)),
    }
}

pub(crate) async fn sign_in(
    State(portal): State<Portal>,
    address: Address,
    headers: HeaderMap,
    frame: Frame,
    form: Form,
) -> Answer {
    let (email, password) = (form.text("email").to_lowercase(), form.exact("password"));
    portal.throttle.attempt("sign in", &email, address.0, portal.ambient.now()).await?;
    let person = portal.store.system().find_person_by_email(&email).await?;
    let stored = person.as_ref().and_then(|person| person.password_hash.clone());
    let fits = portal.passwords.fits(password, stored).await?;
    if let (Some(person), true) = (&person, fits) {
        return begin(&portal, &headers, person, None, local_path(form.text("return_to"))).await;
    }
    if let Some(person) = &person {
        for membership in portal.store.system().list_memberships(person.id).await? {
            let by = Actor::person(person.id);
            portal.tenancy.record(membership.tenant_id, &by, "session.sign_in_refused", "", json!({})).await?;
        }
    }
    let mut shown = SignInPage::new(&portal, frame, form.text("return_to"));
    shown.email = email;
    // One answer for a wrong password, an unknown address and an account without a password.
    shown.errors.add("password", "The address and the password do not fit. Try again, or have a link mailed to you.");
    again(shown)
}

pub(crate) async fn mail_sign_in_link(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    address: Address,
    frame: Frame,
    form: Form,
) -> Answer {
    let return_to = local_path(form.text("return_to"));
    let Some(email) = address_of(form.text("email")) else {
        let mut shown = SignInPage::new(&portal, frame, return_to);
        shown.email = form.text("email").to_owned();
        shown.errors.add("email", "Write the address that the link shall go to.");
        return again(shown);
    };
    portal.throttle.attempt("mail link", &email, address.0, portal.ambient.now()).await?;
    if portal.store.system().find_person_by_email(&email).await?.is_some() {
        let content = json!({ "return_to": return_to });
        let new = NewLink { purpose: LinkPurpose::SignIn, tenant: None, email: &email, content, made_by: None };
        mail_link(&portal, &brand, new, |link| Letter::SignIn { link }).await?;
    } else {
        portal.mailer.send(&brand, &email, &Letter::Unknown { link: format!("{}/sign-up", brand.url) });
    }
    Ok(Redirect::to("/check-mail").into_response())
}
