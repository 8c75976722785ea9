//! Changes that agents have made or wait to make, and a person's word on them.

mod change;
mod decide;
mod fields;
mod take_back;

use askama::Template;
use axum::extract::{Query, State};
pub(crate) use change::show;
pub(crate) use decide::{decide, of_approval};
use fields::Field;
use serde::Deserialize;
pub(crate) use take_back::take_back;
use turnpike_core::{ApprovalId, PreviewId, Timestamp, visible};
use turnpike_store::{ApprovalRow, ApprovalState, PreviewRow, PreviewState, StoreError, TenantStore};

use super::{Tag, actors::Actors, connections::title, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Frame, page},
};

/// Changes on a page.
const PAGE: usize = 50;
/// How many open approvals are looked through.
const LOOKED_THROUGH: i64 = 200;

/// The page that is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The last change of the page before.
    before: String,
}

/// A change that waits for a person.
struct Waiting {
    approval: ApprovalId,
    change: PreviewId,
    title: String,
    summary: String,
    agent: String,
    reason: String,
    until: String,
    fields: Vec<Field>,
}

struct Line {
    id: PreviewId,
    at: String,
    agent: String,
    title: String,
    summary: String,
    tag: Tag,
}

#[derive(Template)]
#[template(path = "pages/changes.html")]
struct Changes {
    frame: Frame,
    waiting: Vec<Waiting>,
    lines: Vec<Line>,
    /// Where the page with older ones is, if there are any.
    older: Option<String>,
    may_decide: bool,
}

pub(crate) async fn list(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(asked): Query<Asked>,
) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let open = open_approvals(&rows, now).await?;
    let changes = rows.list_changes(asked.before.parse().ok(), PAGE as i64 + 1).await?;
    let named = open.iter().map(|(_, preview)| preview).chain(&changes).map(|row| row.principal.as_str());
    let actors = Actors::of(&portal, member.tenant.id).await?.with(&portal, named).await?;
    let older = changes.get(PAGE).and(changes.get(PAGE - 1)).map(|last| format!("/changes?before={}", last.id));
    let waiting = open.into_iter().map(|(asked, preview)| waiting(&portal, &actors, asked, preview));
    page(Changes {
        frame,
        waiting: waiting.collect::<Result<_, _>>()?,
        lines: changes.into_iter().take(PAGE).map(|row| line(&portal, &actors, row, now)).collect(),
        older,
        may_decide: member.may(Permission::Decide),
    })
}

/// What can still be decided on: the requests, and what they are about.
pub(crate) async fn open_approvals(
    rows: &TenantStore,
    now: Timestamp,
) -> Result<Vec<(ApprovalRow, PreviewRow)>, StoreError> {
    let mut open = vec![];
    for asked in rows.list_approvals(Some(ApprovalState::Pending), LOOKED_THROUGH).await? {
        let preview = rows.find_preview(asked.preview_id).await?;
        open.extend(preview.filter(|row| waits(row, now)).map(|preview| (asked, preview)));
    }
    Ok(open)
}

/// Whether it can still be decided on.
fn waits(row: &PreviewRow, now: Timestamp) -> bool {
    row.state == PreviewState::Open && row.expires_at > now
}

fn waiting(portal: &Portal, actors: &Actors, asked: ApprovalRow, preview: PreviewRow) -> Result<Waiting, Failure> {
    let fields = compared(&preview)?;
    Ok(Waiting {
        approval: asked.id,
        change: preview.id,
        title: title(portal, &preview.integration),
        summary: visible(&preview.summary),
        agent: actors.caller(&preview.principal, preview.grant_id),
        reason: visible(&asked.reason),
        until: shown(preview.expires_at),
        fields: fields.into_iter().filter(|field| field.changed).collect(),
    })
}

fn line(portal: &Portal, actors: &Actors, row: PreviewRow, now: Timestamp) -> Line {
    Line {
        id: row.id,
        at: shown(row.updated_at),
        agent: actors.caller(&row.principal, row.grant_id),
        title: title(portal, &row.integration),
        summary: visible(&row.summary),
        tag: standing(&row, None, now),
    }
}

/// The fields before and after.
fn compared(row: &PreviewRow) -> Result<Vec<Field>, Failure> {
    fields::stored(&row.before_json, &row.after_json).map_err(|error| Failure::Internal(error.to_string()))
}

/// How far a change has come, with what was decided on it.
fn standing(row: &PreviewRow, decided: Option<ApprovalState>, now: Timestamp) -> Tag {
    let (class, text) = match (row.state, decided) {
        (PreviewState::Open, Some(ApprovalState::Denied)) => ("", "denied"),
        (PreviewState::Open, _) if row.expires_at <= now => ("", "lapsed"),
        (PreviewState::Open, Some(ApprovalState::Pending)) => ("warn", "waits for approval"),
        (PreviewState::Open, Some(ApprovalState::Approved)) => ("good", "approved"),
        (PreviewState::Open, None) => ("", "previewed"),
        (PreviewState::Claimed, _) => ("warn", "under way"),
        (PreviewState::Applied, _) if row.reverted_by.is_some() => ("", "taken back"),
        (PreviewState::Applied, _) => ("good", "applied"),
        (PreviewState::Failed, _) => ("bad", "failed"),
        (PreviewState::Unknown, _) => ("bad", "unknown"),
    };
    Tag { class, text }
}
