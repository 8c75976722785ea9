//! Looking at a client's pages, for a time and for a reason that the client sees.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_core::TenantId;
use turnpike_store::Visit;
use turnpike_tenancy::Actor;

use super::{find, show::client};
use crate::{
    Portal, Staff,
    console::check_reason,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again},
};

/// For how many hours at most.
pub(super) const LONGEST: u64 = 8;

pub(crate) async fn open(
    State(portal): State<Portal>,
    frame: Frame,
    staff: Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let (tenant, reason) = (find(&portal, &id).await?, form.text("reason"));
    let hours = form.text("hours").parse().ok().filter(|hours| (1..=LONGEST).contains(hours));
    let mut errors = FieldErrors::default();
    check_reason(&mut errors, reason);
    errors.check(hours.is_none(), "hours", "Choose from 1 to 8 hours.");
    let Some(hours) = hours.filter(|_| errors.is_empty()) else {
        let mut shown = client(&portal, frame, tenant, errors).await?;
        shown.reason = reason.to_owned();
        return again(shown);
    };
    let tenant = tenant.id;
    // Each visit has its own reason: one that goes on ends here.
    end(&portal, &staff, tenant).await?;
    let now = portal.ambient.now();
    let visit = Visit {
        id: portal.ambient.id(),
        person_id: staff.person.id,
        reason: reason.to_owned(),
        created_at: now,
        ends_at: now.plus(Duration::from_secs(3600 * hours)),
    };
    portal.store.tenant(tenant).insert_visit(&visit).await?;
    let (by, details) = (Actor::person(staff.person.id), json!({ "reason": reason, "hours": hours }));
    portal.tenancy.record(tenant, &by, "visit.begun", &format!("visit:{}", visit.id), details).await?;
    portal.store.system().act_for(staff.session.id, Some(tenant)).await?;
    Ok(Redirect::to("/home").into_response())
}

pub(crate) async fn leave(State(portal): State<Portal>, staff: Staff) -> Answer {
    if let Some(tenant) = staff.session.acting_for {
        end(&portal, &staff, tenant).await?;
        portal.store.system().act_for(staff.session.id, None).await?;
    }
    Ok(Redirect::to(&Notice::VisitEnded.at("/console")).into_response())
}

/// Ends the person's visit to a client, if one goes on.
async fn end(portal: &Portal, staff: &Staff, tenant: TenantId) -> Result<(), Failure> {
    let now = portal.ambient.now();
    if let Some(visit) = portal.store.system().find_visit(staff.person.id, tenant, now).await? {
        portal.store.tenant(tenant).end_visit(visit.id, now).await?;
        let by = Actor::person(staff.person.id);
        portal.tenancy.record(tenant, &by, "visit.ended", &format!("visit:{}", visit.id), json!({})).await?;
    }
    Ok(())
}
