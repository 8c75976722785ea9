//! How things stand: what needs somebody, and what was done lately.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use turnpike_core::Timestamp;
use turnpike_store::{CallFilter, TenantState};

use super::{Tag, changes, connections, shown};
use crate::{
    Member, Portal,
    http::{Answer, Frame, page},
    start,
};

/// How far back the figures go.
const LATELY: Duration = Duration::from_secs(30 * 24 * 3600);

struct Call {
    id: String,
    at: String,
    what: String,
    tag: Tag,
}

#[derive(Template)]
#[template(path = "pages/home.html")]
struct Home {
    frame: Frame,
    /// The step of the beginning that is still to be done.
    step: Option<&'static str>,
    suspended: bool,
    connections: Vec<connections::Line>,
    approvals: usize,
    calls: i64,
    failures: i64,
    units: i64,
    last: Vec<Call>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let usage = rows.usage(now.minus(LATELY), Timestamp::from_micros(i64::MAX)).await?;
    let failed = |tag: Tag| tag.class == "bad";
    let last = rows.list_calls(&CallFilter { limit: 5, ..CallFilter::default() }).await?;
    page(Home {
        frame,
        step: start::unfinished(&portal, &member).await?,
        suspended: member.tenant.state == TenantState::Suspended,
        connections: connections::lines(&portal, rows.list_connections().await?),
        approvals: changes::open_approvals(&rows, now).await?.len(),
        calls: usage.iter().map(|line| line.calls).sum(),
        failures: usage.iter().filter(|line| failed(Tag::of_outcome(line.outcome))).map(|line| line.calls).sum(),
        units: usage.iter().map(|line| line.units).sum(),
        last: last
            .into_iter()
            .map(|call| Call {
                id: call.call_id.to_string(),
                at: shown(call.started_at),
                what: format!("{} {}", connections::title(&portal, &call.integration), call.tool),
                tag: Tag::of_outcome(call.outcome),
            })
            .collect(),
    })
}
