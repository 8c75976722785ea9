//! Taking a change back, on the way of every write: a preview first, then the confirmation of exactly that.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::{Value, json};
use turnpike_core::{Outcome, PreviewId, visible};
use turnpike_sdk::{WriteAnswer, WriteStatus};
use turnpike_store::{ApprovalState, PreviewRow};

use super::{Field, change::find, decide::put_down, fields};
use crate::{
    Member, Portal,
    http::{Answer, Failure, Form, Frame, Notice, again, page},
    pages::connections::title,
    portal::{CallAnswer, CallOrder},
};

#[derive(Template)]
#[template(path = "pages/take_back.html")]
struct TakeBack {
    frame: Frame,
    change: PreviewId,
    title: String,
    summary: String,
    /// Why it cannot be taken back.
    problem: Option<String>,
    preview_id: String,
    warnings: Vec<String>,
    /// Why it needs a person's approval, which whoever confirms it here gives.
    needs_approval: Option<String>,
    fields: Vec<Field>,
}

/// Without a preview shows one; with one makes it so.
pub(crate) async fn take_back(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let mut arguments = json!({ "change_id": row.id });
    if !form.text("preview_id").is_empty() {
        let preview = form.text("preview_id").parse().map_err(|_| Failure::NotFound)?;
        approve(&portal, &member, &row, preview).await?;
        arguments["preview_id"] = json!(preview);
    }
    let order = CallOrder {
        tenant: member.tenant.clone(),
        person: member.person.id,
        role: member.role,
        integration: row.integration.clone(),
        tool: "revert_change".into(),
        arguments,
    };
    let answer = portal.calls.call(order).await.map_err(Failure::Internal)?;
    let told: Option<WriteAnswer<Value>> = serde_json::from_str(&answer.text).ok();
    match told {
        Some(WriteAnswer { status: WriteStatus::Applied, change_id: Some(by), .. }) => {
            taken_back(&portal, &member, &row, &by, answer.outcome).await
        }
        Some(shown @ WriteAnswer { status: WriteStatus::Preview, .. }) => page(preview(&portal, frame, &row, shown)),
        Some(_) => refused(&portal, frame, &row, "It is as it was before the change already.".into()),
        None => {
            let CallAnswer { text, .. } = answer;
            refused(&portal, frame, &row, visible(&text))
        }
    }
}

/// Whoever confirms what a person must approve is that person.
async fn approve(portal: &Portal, member: &Member, row: &PreviewRow, preview: PreviewId) -> Result<(), Failure> {
    let rows = portal.store.tenant(member.tenant.id);
    let own = rows.find_preview(preview).await?;
    own.filter(|own| own.reverts == Some(row.id) && own.principal == member.actor().0).ok_or(Failure::NotFound)?;
    if let Some(asked) = rows.find_approval_of(preview).await?
        && asked.state == ApprovalState::Pending
    {
        put_down(portal, member, &asked, ApprovalState::Approved).await?;
    }
    Ok(())
}

async fn taken_back(portal: &Portal, member: &Member, row: &PreviewRow, by: &str, outcome: Outcome) -> Answer {
    // Whoever sends the form twice has taken it back once.
    if outcome != Outcome::Replayed {
        let (subject, details) = (format!("change:{}", row.id), json!({ "by": by }));
        portal.tenancy.record(member.tenant.id, &member.actor(), "change.reverted", &subject, details).await?;
    }
    Ok(Redirect::to(&Notice::TakenBack.at(&format!("/changes/{by}"))).into_response())
}

fn preview(portal: &Portal, frame: Frame, row: &PreviewRow, shown: WriteAnswer<Value>) -> TakeBack {
    TakeBack {
        frame,
        change: row.id,
        title: title(portal, &row.integration),
        summary: visible(&row.summary),
        problem: None,
        preview_id: shown.preview_id.unwrap_or_default(),
        warnings: shown.warnings.iter().map(|warning| visible(warning)).collect(),
        needs_approval: shown.approval.map(|asked| visible(&asked.reason)),
        fields: fields::all(&shown.before, &shown.after),
    }
}

fn refused(portal: &Portal, frame: Frame, row: &PreviewRow, problem: String) -> Answer {
    again(TakeBack {
        frame,
        change: row.id,
        title: title(portal, &row.integration),
        summary: visible(&row.summary),
        problem: Some(problem),
        preview_id: String::new(),
        warnings: vec![],
        needs_approval: None,
        fields: vec![],
    })
}
