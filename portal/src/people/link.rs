//! What a mailed link leads to. Opening it shows a button and does nothing: programs that look at mails open links too.

use askama::Template;
use axum::extract::{Path, State};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use turnpike_core::{Role, TenantId};
use turnpike_store::{LinkPurpose, MailedLink, Person, StoreError};
use zeroize::Zeroizing;

use super::{
    begin, problem_with, secret_of,
    sign_up::{SignUp, check_name},
};
use turnpike_tenancy::Actor;

use crate::{
    Portal,
    http::{Answer, Failure, FieldErrors, Form, Frame, again, local_path, page},
};

#[derive(Template)]
#[template(path = "people/link.html")]
struct LinkPage {
    frame: Frame,
    errors: FieldErrors,
    title: String,
    words: String,
    button: &'static str,
    /// The person is not known yet, and says how they are called.
    asks_name: bool,
    name: String,
}

/// What an invitation holds.
#[derive(Deserialize)]
struct Invitation {
    role: String,
}

/// What a sign-in link holds.
#[derive(Deserialize)]
struct SignIn {
    return_to: String,
}

const PURPOSES: [LinkPurpose; 3] = [LinkPurpose::SignIn, LinkPurpose::SignUp, LinkPurpose::Invitation];

async fn find(portal: &Portal, secret: &str) -> Result<MailedLink, Failure> {
    let hash = secret_of(secret)?;
    for purpose in PURPOSES {
        if let Some(link) = portal.store.system().find_link(&hash, purpose, portal.ambient.now()).await? {
            return Ok(link);
        }
    }
    Err(Failure::LinkOver)
}

pub(crate) async fn open_link(State(portal): State<Portal>, frame: Frame, Path(secret): Path<String>) -> Answer {
    let link = find(&portal, &secret).await?;
    page(shown(&portal, frame, &link, FieldErrors::default(), "").await?)
}

async fn shown(
    portal: &Portal,
    frame: Frame,
    link: &MailedLink,
    errors: FieldErrors,
    name: &str,
) -> Result<LinkPage, Failure> {
    let (title, words, button) = match link.purpose {
        LinkPurpose::SignUp => {
            let new: SignUp = content(link)?;
            let words =
                format!("Your address {} is confirmed. {} is ready to be set up.", link.email, new.organisation);
            (format!("Welcome, {}", new.name), words, "Go on")
        }
        LinkPurpose::Invitation => {
            let tenant = portal.store.tenant(invited_to(link)?).get().await?;
            let role = content::<Invitation>(link)?.role;
            let words = format!("You will belong to {} with the role {role}.", tenant.name);
            (format!("Join {}", tenant.name), words, "Join")
        }
        LinkPurpose::SignIn | LinkPurpose::Connect => {
            ("Sign in".into(), format!("You will be signed in as {}.", link.email), "Sign in")
        }
    };
    let known = portal.store.system().find_person_by_email(&link.email).await?.is_some();
    let asks_name = link.purpose == LinkPurpose::Invitation && !known;
    Ok(LinkPage { frame, errors, title, words, button, asks_name, name: name.to_owned() })
}

pub(crate) async fn use_link(
    State(portal): State<Portal>,
    frame: Frame,
    headers: HeaderMap,
    Path(secret): Path<String>,
    form: Form,
) -> Answer {
    let link = find(&portal, &secret).await?;
    match link.purpose {
        LinkPurpose::SignUp => finish_sign_up(&portal, &headers, &link).await,
        LinkPurpose::Invitation => join(&portal, frame, &headers, &link, &form).await,
        LinkPurpose::SignIn | LinkPurpose::Connect => {
            let found = portal.store.system().find_person_by_email(&link.email).await?;
            let person = found.ok_or(Failure::LinkOver)?;
            use_up(&portal, &link).await?;
            let go_on = content::<SignIn>(&link)?.return_to;
            begin(&portal, &headers, &person, None, local_path(&go_on)).await
        }
    }
}

/// Makes the person, the organisation, and the one the other's owner.
async fn finish_sign_up(portal: &Portal, headers: &HeaderMap, link: &MailedLink) -> Answer {
    let new: SignUp = content(link)?;
    use_up(portal, link).await?;
    let person = add_person(portal, &link.email, &new.name, Some(new.password_hash)).await?;
    let tenant = portal.tenancy.add_tenant(&Actor::person(person.id), &new.organisation).await?;
    portal.store.tenant(tenant).insert_member(person.id, Role::Owner, portal.ambient.now()).await?;
    begin(portal, headers, &person, Some(tenant), "/start").await
}

async fn join(portal: &Portal, frame: Frame, headers: &HeaderMap, link: &MailedLink, form: &Form) -> Answer {
    let (tenant, role) = (invited_to(link)?, content::<Invitation>(link)?.role);
    let role: Role = role.parse().map_err(Failure::Internal)?;
    let person = match portal.store.system().find_person_by_email(&link.email).await? {
        Some(person) => {
            use_up(portal, link).await?;
            person
        }
        None => {
            let (name, password) = (form.text("name"), Zeroizing::new(form.exact("password").to_owned()));
            let mut errors = FieldErrors::default();
            check_name(&mut errors, "name", name);
            let problem = problem_with(&password, &link.email);
            errors.check(!problem.is_empty(), "password", problem);
            if !errors.is_empty() {
                return again(shown(portal, frame, link, errors, name).await?);
            }
            let hash = portal.passwords.hash(&password).await?;
            use_up(portal, link).await?;
            add_person(portal, &link.email, name, Some(hash)).await?
        }
    };
    match portal.store.tenant(tenant).insert_member(person.id, role, portal.ambient.now()).await {
        Ok(()) => {
            let (by, details) = (Actor::person(person.id), json!({ "role": role.as_str() }));
            portal.tenancy.record(tenant, &by, "member.joined", &Actor::person(person.id).0, details).await?;
        }
        // Already a member: the role that they have stays.
        Err(StoreError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    begin(portal, headers, &person, Some(tenant), "/home").await
}

/// Adds a person who has shown that the address is theirs.
pub(super) async fn add_person(
    portal: &Portal,
    email: &str,
    name: &str,
    password_hash: Option<String>,
) -> Result<Person, Failure> {
    let person = Person {
        id: portal.ambient.id(),
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash,
        oidc_subject: None,
        staff: false,
        created_at: portal.ambient.now(),
    };
    portal.store.system().insert_person(&person).await?;
    Ok(person)
}

async fn use_up(portal: &Portal, link: &MailedLink) -> Result<(), Failure> {
    let used = portal.store.system().use_link(&link.hash, portal.ambient.now()).await?;
    if used { Ok(()) } else { Err(Failure::LinkOver) }
}

fn invited_to(link: &MailedLink) -> Result<TenantId, Failure> {
    link.tenant_id.ok_or(Failure::LinkOver)
}

fn content<'a, T: Deserialize<'a>>(link: &'a MailedLink) -> Result<T, Failure> {
    serde_json::from_str(&link.content_json).map_err(|error| Failure::Internal(error.to_string()))
}
