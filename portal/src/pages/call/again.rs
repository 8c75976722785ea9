//! A read once more, with the very same arguments.

use axum::extract::{Path, State};
use turnpike_core::arguments_digest;
use turnpike_sdk::Access;
use turnpike_store::CallRow;

use super::{CallPage, find, opened};
use crate::{
    Member, Portal,
    http::{Answer, Failure, Frame, page},
    portal::CallOrder,
};

/// How much of an answer is shown.
const SHOWN: usize = 20_000;

/// Whether a call can be made again from its page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Repeatable {
    Yes,
    /// It changes something: that needs its preview.
    Writes,
    /// Its arguments are not there, or not whole.
    NotKept,
    /// The tool is not there any more.
    Gone,
}

/// Whether that call can be made again with what is kept of it.
pub(super) fn repeatable(portal: &Portal, row: &CallRow, arguments: Option<&str>) -> Repeatable {
    let integration = portal.find_integration(&row.integration);
    let tool = integration.and_then(|own| own.tools.iter().find(|tool| tool.spec.name == row.tool));
    match tool.map(|tool| tool.spec.access) {
        None => Repeatable::Gone,
        Some(Access::Write) => Repeatable::Writes,
        Some(Access::Read) => {
            let whole = |kept| arguments_digest(&row.integration, &row.tool, kept).to_string() == row.arguments_digest;
            if arguments.is_some_and(whole) { Repeatable::Yes } else { Repeatable::NotKept }
        }
    }
}

/// Makes the call again in the member's name, and shows the new one with its answer.
pub(crate) async fn run_again(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Path(id): Path<String>,
) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let rows = portal.store.tenant(member.tenant.id);
    let kept = rows.find_call_arguments(row.call_id, portal.ambient.now()).await?;
    let (Repeatable::Yes, Some(arguments)) = (repeatable(&portal, &row, kept.as_deref()), kept) else {
        return Err(Failure::Refused("this call cannot be made again from here".into()));
    };
    let order = CallOrder {
        tenant: member.tenant.clone(),
        person: member.person.id,
        role: member.role,
        integration: row.integration,
        tool: row.tool,
        arguments: serde_json::from_str(&arguments).map_err(|error| Failure::Internal(error.to_string()))?,
    };
    let answer = portal.calls.call(order).await.map_err(Failure::Internal)?;
    // Of refusals not all are written down.
    let new = rows.find_call(answer.call_id).await?.ok_or_else(|| Failure::Refused(answer.text.clone()))?;
    let shown = opened(&portal, frame, &member, new, Some(arguments)).await?;
    page(CallPage { answer: Some(answer.text.chars().take(SHOWN).collect()), ..shown })
}
