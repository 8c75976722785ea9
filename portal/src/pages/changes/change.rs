//! One change: what it sets, who asked for it, who allowed it.

use askama::Template;
use axum::extract::{Path, State};
use turnpike_core::{ApprovalId, CallId, ConnectionId, PreviewId, visible};
use turnpike_store::{ApprovalRow, ApprovalState, PreviewRow, PreviewState};

use super::{Field, compared, standing, waits};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, actors::Actors, connections::title, shown},
};

/// A person's word on it.
struct Approval {
    id: ApprovalId,
    reason: String,
    asked: String,
    /// By whom, and when.
    decided: Option<(String, String)>,
    approved: bool,
}

#[derive(Template)]
#[template(path = "pages/change.html")]
struct ChangePage {
    frame: Frame,
    title: String,
    tool: String,
    summary: String,
    tag: Tag,
    meaning: &'static str,
    id: PreviewId,
    agent: String,
    made: String,
    moved: String,
    /// Until when it can be confirmed.
    until: Option<String>,
    approval: Option<Approval>,
    undecided: bool,
    fields: Vec<Field>,
    call: Option<CallId>,
    connection: ConnectionId,
    reverts: Option<PreviewId>,
    reverted_by: Option<PreviewId>,
    can_be_taken_back: bool,
    may_decide: bool,
}

/// The tenant's change of that id; anything else is not there.
pub(super) async fn find(portal: &Portal, member: &Member, id: &str) -> Result<PreviewRow, Failure> {
    let id: PreviewId = id.parse().map_err(|_| Failure::NotFound)?;
    portal.store.tenant(member.tenant.id).find_preview(id).await?.ok_or(Failure::NotFound)
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member, Path(id): Path<String>) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let asked = rows.find_approval_of(row.id).await?;
    let named = asked.as_ref().and_then(|asked| asked.decided_by.as_deref());
    let named = named.into_iter().chain([row.principal.as_str()]);
    let actors = Actors::of(&portal, member.tenant.id).await?.with(&portal, named).await?;
    let decided = asked.as_ref().map(|asked| asked.state);
    let open = row.state == PreviewState::Open && row.expires_at > now;
    page(ChangePage {
        frame,
        title: title(&portal, &row.integration),
        summary: visible(&row.summary),
        tag: standing(&row, decided, now),
        meaning: meaning(&row),
        id: row.id,
        agent: actors.full_caller(&row.principal, row.grant_id),
        made: shown(row.created_at),
        moved: shown(row.updated_at),
        until: open.then(|| shown(row.expires_at)),
        undecided: decided == Some(ApprovalState::Pending) && waits(&row, now),
        approval: asked.map(|asked| approval(&actors, asked)),
        fields: compared(&row)?,
        call: row.call_id,
        connection: row.connection_id,
        reverts: row.reverts,
        reverted_by: row.reverted_by,
        can_be_taken_back: row.state == PreviewState::Applied && row.reverted_by.is_none(),
        may_decide: member.may(Permission::Decide),
        tool: row.tool,
    })
}

fn approval(actors: &Actors, asked: ApprovalRow) -> Approval {
    let at = asked.decided_at.map(shown).unwrap_or_default();
    Approval {
        id: asked.id,
        reason: visible(&asked.reason),
        asked: shown(asked.requested_at),
        decided: asked.decided_by.map(|by| (actors.name(&by), at)),
        approved: asked.state == ApprovalState::Approved,
    }
}

/// How far it has come, in a sentence.
fn meaning(row: &PreviewRow) -> &'static str {
    match (row.state, row.reverted_by) {
        (PreviewState::Open, _) => "Nothing was sent to the vendor yet.",
        (PreviewState::Claimed, _) => {
            "It is being made, or was cut off: look at the present value if it stays like that."
        }
        (PreviewState::Applied, None) => "The vendor made the change.",
        (PreviewState::Applied, Some(_)) => "The vendor made the change, and it was taken back, or is about to be.",
        (PreviewState::Failed, _) => "The vendor refused the change. Nothing was changed.",
        (PreviewState::Unknown, _) => "The change was sent and no answer came. Look at the present value.",
    }
}
