//! Sessions: begun when somebody proves who they are, ended when they say so or do nothing for long.

use std::time::Duration;

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header::USER_AGENT};
use serde_json::json;
use turnpike_core::{TenantId, visible};
use turnpike_store::{Person, Session};

use turnpike_tenancy::Actor;

use crate::{
    Portal, SignedIn,
    http::{Answer, Cookies, hash},
};

/// Signs a person in and goes on to a page. A session of before ends: no cookie lives through a sign-in.
pub(crate) async fn begin(
    portal: &Portal,
    headers: &HeaderMap,
    person: &Person,
    tenant: Option<TenantId>,
    go_on: &str,
) -> Answer {
    let (system, now) = (portal.store.system(), portal.ambient.now());
    if let Some(old) = portal.cookies.read(headers, Cookies::SESSION) {
        let idle_since = now.minus(portal.idle());
        if let Some(old) = system.find_session(&hash(Cookies::SESSION, &old), idle_since, now).await? {
            system.delete_session(old.person_id, old.id).await?;
        }
    }
    let memberships = system.list_memberships(person.id).await?;
    let only = memberships.first().filter(|_| memberships.len() == 1).map(|membership| membership.tenant_id);
    let acting_for = tenant.or(only);
    let secret = portal.ambient.bytes::<32>();
    let browser = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    let session = Session {
        id: portal.ambient.id(),
        hash: hash(Cookies::SESSION, &secret),
        person_id: person.id,
        acting_for,
        browser: visible(&browser.chars().take(200).collect::<String>()),
        created_at: now,
        seen_at: now,
        confirmed_at: now,
        ends_at: now.plus(Duration::from_secs(3600 * u64::from(portal.settings.portal.session_hours))),
    };
    system.insert_session(&session).await?;
    let tenant = acting_for.unwrap_or(TenantId::NONE);
    portal
        .tenancy
        .record(tenant, &Actor::person(person.id), "session.signed_in", &format!("session:{}", session.id), json!({}))
        .await?;
    let go_on = match go_on {
        "/" if acting_for.is_some() => "/home",
        "/" if person.staff => "/console",
        "/" => "/organisations",
        path => path,
    };
    Ok((AppendHeaders([portal.cookies.set(Cookies::SESSION, &secret)]), Redirect::to(go_on)).into_response())
}

/// Notes a fresh proof, under a new cookie.
pub(crate) async fn renew(portal: &Portal, session: &Session, go_on: &str) -> Answer {
    let secret = portal.ambient.bytes::<32>();
    let hash = hash(Cookies::SESSION, &secret);
    portal.store.system().confirm_session(session.id, &hash, portal.ambient.now()).await?;
    Ok((AppendHeaders([portal.cookies.set(Cookies::SESSION, &secret)]), Redirect::to(go_on)).into_response())
}

/// Signs this browser out.
pub(crate) async fn sign_out(State(portal): State<Portal>, signed_in: SignedIn) -> Answer {
    let SignedIn { person, session, .. } = signed_in;
    portal.store.system().delete_session(person.id, session.id).await?;
    if let Some(tenant) = session.acting_for {
        portal
            .tenancy
            .record(
                tenant,
                &Actor::person(person.id),
                "session.signed_out",
                &format!("session:{}", session.id),
                json!({}),
            )
            .await?;
    }
    Ok(leave(&portal, "/sign-in"))
}

/// Goes on without a session.
pub(crate) fn leave(portal: &Portal, go_on: &str) -> Response {
    (AppendHeaders([portal.cookies.remove(Cookies::SESSION)]), Redirect::to(go_on)).into_response()
}
