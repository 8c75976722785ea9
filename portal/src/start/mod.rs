//! From the first sign-in to the first call. Which step comes next follows from what is there: progress cannot be lost.

pub(crate) mod accounts;
pub(crate) mod agent;
pub(crate) mod connect;
pub(crate) mod first_call;
pub(crate) mod plan;
pub(crate) mod subscribe;

use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use turnpike_store::{ConnectionRow, ConnectionState, StoreError};

use crate::{Member, Portal, http::Answer, pages::billing};
use first_call::First;

/// A step, as the pages show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    /// Where it is done.
    pub(crate) path: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// Whether it is done.
    pub(crate) done: bool,
}

const LABELS: [(&str, &str); 4] = [
    ("/start/plan", "Choose"),
    ("/start/connect", "Connect"),
    ("/start/accounts", "Accounts"),
    ("/start/agent", "First call"),
];

/// All steps, and how far each has come.
pub(crate) async fn steps(portal: &Portal, member: &Member) -> Result<[Step; 4], StoreError> {
    Ok(progress(portal, member).await?.0)
}

/// The same, and the call of an agent that ends them.
pub(crate) async fn progress(portal: &Portal, member: &Member) -> Result<([Step; 4], Option<First>), StoreError> {
    let rows = portal.store.tenant(member.tenant.id);
    let connections = rows.list_connections().await?;
    let live: Vec<_> = connections.iter().filter(|row| is_up(row)).collect();
    let subscribed = rows.find_subscription().await?.is_some_and(|own| billing::has_begun(own.state));
    let chosen = subscribed && !member.tenant.wanted.is_empty();
    let connected = !live.is_empty();
    let accounts = connected && live.iter().all(|row| row.accounts_json != "[]");
    let first = first_call::find(portal, member).await?;
    let done = [chosen, connected, accounts, accounts && first.is_some()];
    let step = |at: usize| Step { path: LABELS[at].0, label: LABELS[at].1, done: done[at] };
    Ok((std::array::from_fn(step), first))
}

/// Whether a connection can be used, or could if its accounts were chosen.
pub(crate) fn is_up(row: &ConnectionRow) -> bool {
    matches!(row.state, ConnectionState::Ok | ConnectionState::Expiring)
}

/// Where the first step is that is still to be done.
pub(crate) async fn unfinished(portal: &Portal, member: &Member) -> Result<Option<&'static str>, StoreError> {
    Ok(steps(portal, member).await?.iter().find(|step| !step.done).map(|step| step.path))
}

/// To the step that comes next.
pub(crate) async fn next(State(portal): State<Portal>, member: Member) -> Answer {
    let path = unfinished(&portal, &member).await?.unwrap_or("/home");
    Ok(Redirect::to(path).into_response())
}
