//! Proving once more who one is, before something dangerous.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_store::LinkPurpose;

use super::{NewLink, mail_link, renew, sign_in::ReturnTo};
use crate::{
    Portal, SignedIn,
    brand::Brand,
    http::{Address, Answer, FieldErrors, Form, Frame, again, local_path, page},
    mail::Letter,
};

#[derive(Template)]
#[template(path = "people/confirm.html")]
struct ConfirmPage {
    frame: Frame,
    errors: FieldErrors,
    return_to: String,
    has_password: bool,
    email: String,
}

pub(crate) async fn confirm_page(frame: Frame, signed_in: SignedIn, Query(query): Query<ReturnTo>) -> Answer {
    page(shown(frame, &signed_in, &query.return_to, FieldErrors::default()))
}

fn shown(frame: Frame, signed_in: &SignedIn, return_to: &str, errors: FieldErrors) -> ConfirmPage {
    let (has_password, email) = (signed_in.person.password_hash.is_some(), signed_in.person.email.clone());
    ConfirmPage { frame, errors, return_to: local_path(return_to).to_owned(), has_password, email }
}

pub(crate) async fn confirm(
    State(portal): State<Portal>,
    address: Address,
    frame: Frame,
    signed_in: SignedIn,
    form: Form,
) -> Answer {
    let SignedIn { person, session, .. } = &signed_in;
    portal.throttle.attempt("confirm", &person.email, address.0, portal.ambient.now()).await?;
    if portal.passwords.fits(form.exact("password"), person.password_hash.clone()).await? {
        return renew(&portal, session, local_path(form.text("return_to"))).await;
    }
    let mut errors = FieldErrors::default();
    errors.add("password", "This is not your password. Try again, or have a link mailed to you.");
    again(shown(frame, &signed_in, form.text("return_to"), errors))
}

/// Mails a link instead: who opens it is signed in afresh.
pub(crate) async fn confirm_by_mail(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    address: Address,
    signed_in: SignedIn,
    form: Form,
) -> Answer {
    let email = signed_in.person.email;
    portal.throttle.attempt("mail link", &email, address.0, portal.ambient.now()).await?;
    let content = json!({ "return_to": local_path(form.text("return_to")) });
    let new = NewLink { purpose: LinkPurpose::SignIn, tenant: None, email: &email, content, made_by: None };
    mail_link(&portal, &brand, new, |link| Letter::SignIn { link }).await?;
    Ok(Redirect::to("/check-mail").into_response())
}
