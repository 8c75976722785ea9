//! Waiting for the first call of an agent.

use askama::Template;
use axum::extract::State;
use turnpike_store::{CallFilter, CallRow, StoreError};

use crate::{
    Member, Portal,
    http::{Answer, Frame, page},
    pages::{Tag, connections, shown},
};

/// How many calls are looked through: those that members make from pages do not count.
const LOOKED_THROUGH: i64 = 100;

/// The newest call of an agent, as the pages show it.
pub(crate) struct First {
    pub(crate) id: String,
    pub(crate) at: String,
    pub(crate) client: String,
    pub(crate) what: String,
    pub(crate) tag: Tag,
}

#[derive(Template)]
#[template(path = "start/first_call.html")]
struct FirstCall {
    frame: Frame,
    first: Option<First>,
}

pub(crate) async fn find(portal: &Portal, member: &Member) -> Result<Option<First>, StoreError> {
    let filter = CallFilter { limit: LOOKED_THROUGH, ..CallFilter::default() };
    let calls = portal.store.tenant(member.tenant.id).list_calls(&filter).await?;
    let call = calls.into_iter().find(is_of_an_agent);
    Ok(call.map(|call| First {
        id: call.call_id.to_string(),
        at: shown(call.started_at),
        client: call.client.unwrap_or_else(|| "an agent".into()),
        what: format!("{} {}", connections::title(portal, &call.integration), call.tool),
        tag: Tag::of_outcome(call.outcome),
    }))
}

/// Not one that a member has made from a page, or the operator at the desk.
fn is_of_an_agent(call: &CallRow) -> bool {
    call.grant_id.is_some() || ["key:", "service:"].iter().any(|kind| call.principal.starts_with(kind))
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let first = find(&portal, &member).await?;
    page(FirstCall { frame, first })
}
