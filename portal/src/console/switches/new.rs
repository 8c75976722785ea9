//! Switching something off, in two steps: what would stop is told first, then somebody says why and does it.

use std::collections::HashSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use turnpike_core::{SwitchId, TenantId, Timestamp};
use turnpike_store::SwitchTarget;
use turnpike_tenancy::Actor;

use super::{record, target};
use crate::{
    Portal, Staff,
    console::{TODAY, check_reason, names::Clients},
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
};

#[derive(Template)]
#[template(path = "console/switch_off.html")]
struct SwitchOffPage {
    frame: Frame,
    errors: FieldErrors,
    reason: String,
    tenant: String,
    what: String,
    words: String,
    everything: bool,
    /// The last 24 hours: calls that would have been refused, and of how many clients.
    calls: i64,
    callers: usize,
    /// Why the same is off already.
    stands: Option<String>,
}

/// What the first step names. Both fields are always sent: without them nothing was chosen, and nothing is everything.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    tenant: Option<String>,
    what: Option<String>,
}

pub(crate) async fn confirm(State(portal): State<Portal>, frame: Frame, Query(chosen): Query<Chosen>) -> Answer {
    let Chosen { tenant: Some(tenant), what: Some(what) } = chosen else {
        return Ok(Redirect::to("/console/switches").into_response());
    };
    page(switch_off(&portal, frame, FieldErrors::default(), &tenant, &what).await?)
}

async fn switch_off(
    portal: &Portal,
    frame: Frame,
    errors: FieldErrors,
    tenant: &str,
    what: &str,
) -> Result<SwitchOffPage, Failure> {
    let target = target::read(portal, tenant, what).await?;
    let (calls, callers) = affected(portal, &target).await?;
    let standing = portal.store.system().list_switches().await?;
    Ok(SwitchOffPage {
        frame,
        errors,
        reason: String::new(),
        tenant: tenant.to_owned(),
        what: what.to_owned(),
        words: target::in_words(portal, &Clients::read(portal).await?, &target),
        everything: target == SwitchTarget::default(),
        calls,
        callers,
        stands: standing.into_iter().find(|switch| switch.target == target).map(|switch| switch.reason),
    })
}

/// The calls of the last 24 hours that fit, and how many clients made them.
async fn affected(portal: &Portal, target: &SwitchTarget) -> Result<(i64, usize), Failure> {
    let since = portal.ambient.now().minus(TODAY);
    let lines = portal.store.system().usage_by_tenant(since, Timestamp::from_micros(i64::MAX)).await?;
    let fits = lines.iter().filter(|(tenant, line)| target.covers(*tenant, &line.integration, Some(&line.tool)));
    let mut callers = HashSet::<TenantId>::new();
    let mut calls = 0;
    for (tenant, line) in fits {
        callers.insert(*tenant);
        calls += line.calls;
    }
    Ok((calls, callers.len()))
}

pub(crate) async fn set(State(portal): State<Portal>, frame: Frame, staff: Staff, form: Form) -> Answer {
    let (tenant, what, reason) = (form.text("tenant"), form.text("what"), form.text("reason"));
    if !form.checked("tenant") || !form.checked("what") {
        return Err(Failure::Refused("the form does not say what to switch off".into()));
    }
    let mut errors = FieldErrors::default();
    check_reason(&mut errors, reason);
    if !errors.is_empty() {
        let shown = switch_off(&portal, frame, errors, tenant, what).await?;
        let shown = SwitchOffPage { reason: reason.to_owned(), ..shown };
        return again(shown);
    }
    let target = target::read(&portal, tenant, what).await?;
    let (id, by): (SwitchId, _) = (portal.ambient.id(), Actor::person(staff.person.id));
    portal.store.system().switch_off(id, &target, reason, &by.0, portal.ambient.now()).await?;
    record(&portal, &by, "switch.set", id, &target, reason).await?;
    Ok(Redirect::to(&Notice::SwitchSet.at("/console/switches")).into_response())
}
