//! A person's decision on a change that waits.

use std::time::Duration;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_core::ApprovalId;
use turnpike_store::{ApprovalRow, ApprovalState};

use crate::{
    Member, Portal,
    http::{Answer, Failure, Form, Notice},
};

/// How long an agent has to confirm what was approved.
const TO_CONFIRM: Duration = Duration::from_secs(24 * 3600);

/// The tenant's approval of that id; anything else is not there.
async fn find(portal: &Portal, member: &Member, id: &str) -> Result<ApprovalRow, Failure> {
    let id: ApprovalId = id.parse().map_err(|_| Failure::NotFound)?;
    portal.store.tenant(member.tenant.id).find_approval(id).await?.ok_or(Failure::NotFound)
}

/// Where agents send people who can approve: to the change.
pub(crate) async fn of_approval(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let asked = find(&portal, &member, &id).await?;
    Ok(Redirect::to(&format!("/changes/{}", asked.preview_id)).into_response())
}

pub(crate) async fn decide(State(portal): State<Portal>, member: Member, Path(id): Path<String>, form: Form) -> Answer {
    let asked = find(&portal, &member, &id).await?;
    let state = match form.text("decision") {
        "approve" => ApprovalState::Approved,
        "deny" => ApprovalState::Denied,
        _ => return Err(Failure::Refused("a change is approved or denied".into())),
    };
    let decided = put_down(&portal, &member, &asked, state).await?;
    let notice = if decided { Notice::Decided } else { Notice::DecidedBefore };
    Ok(Redirect::to(&notice.at(&format!("/changes/{}", asked.preview_id))).into_response())
}

/// Puts a decision down, with its event; false when it was decided before, or its time is over.
pub(super) async fn put_down(
    portal: &Portal,
    member: &Member,
    asked: &ApprovalRow,
    state: ApprovalState,
) -> Result<bool, Failure> {
    let (actor, now) = (member.actor(), portal.ambient.now());
    let rows = portal.store.tenant(member.tenant.id);
    let decided = rows.decide_approval(asked.id, state, &actor.0, now, now.plus(TO_CONFIRM)).await?;
    if decided {
        let details = json!({ "decision": state.as_str(), "change": asked.preview_id });
        let subject = format!("approval:{}", asked.id);
        portal.tenancy.record(member.tenant.id, &actor, "approval.decided", &subject, details).await?;
    }
    Ok(decided)
}
