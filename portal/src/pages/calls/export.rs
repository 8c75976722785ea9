//! The calls that a filter finds, as a file. Read and sent piece by piece, so that nothing long is held.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State},
};
use futures_util::stream;
use turnpike_store::{CallFilter, CallRow, StoreError, TenantStore};

use super::{Asked, Wanted, names};
use crate::{
    Member, Portal,
    http::{Answer, Failure},
    pages::{
        actors::Actors,
        csv::{decimal, download, line},
    },
};

/// The most calls in a file.
pub(super) const LONGEST: usize = 50_000;
/// The calls that are read at a time.
const PIECE: usize = 1000;

const HEADER: [&str; 18] = [
    "call_id",
    "started_at",
    "agent",
    "principal",
    "client",
    "integration",
    "tool",
    "outcome",
    "class",
    "price",
    "list_price",
    "currency",
    "duration_ms",
    "upstream_requests",
    "trace_id",
    "sandbox",
    "units",
    "price_version",
];

pub(crate) async fn export(State(portal): State<Portal>, member: Member, Query(asked): Query<Asked>) -> Answer {
    let refused = |_| Failure::Refused("this filter cannot be used".into());
    let wanted = asked.read(&names(&portal)).map_err(refused)?;
    let actors = Actors::of(&portal, member.tenant.id).await?;
    let rows = portal.store.tenant(member.tenant.id);
    let body = match wanted {
        Wanted::One(id) => {
            let found = rows.find_call(id).await?;
            Body::from(line(HEADER) + &lines(&actors, found.as_slice()))
        }
        Wanted::Fitting(filter) => all(rows, actors, filter),
    };
    Ok(download("calls.csv", body))
}

/// What is still to be read.
struct Rest {
    rows: TenantStore,
    actors: Arc<Actors>,
    filter: CallFilter,
    left: usize,
}

/// All calls that fit, newest first.
fn all(rows: TenantStore, actors: Actors, filter: CallFilter) -> Body {
    let rest = Rest { rows, actors: Arc::new(actors), filter: CallFilter { before: None, ..filter }, left: LONGEST };
    let header = stream::iter([Ok::<_, StoreError>(line(HEADER))]);
    let pieces = stream::try_unfold(Some(rest), |rest| async {
        let Some(mut rest) = rest else { return Ok(None) };
        let size = PIECE.min(rest.left);
        rest.filter.limit = size as i64;
        let found = rest.rows.list_calls(&rest.filter).await?;
        let piece = lines(&rest.actors, &found);
        rest.left -= found.len();
        rest.filter.before = found.last().map(|row| row.call_id);
        let more = found.len() == size && rest.left > 0;
        Ok(Some((piece, more.then_some(rest))))
    });
    Body::from_stream(futures_util::StreamExt::chain(header, pieces))
}

fn lines(actors: &Actors, rows: &[CallRow]) -> String {
    let told = |row: &CallRow| {
        line([
            row.call_id.to_string(),
            row.started_at.to_string(),
            actors.caller(&row.principal, row.grant_id),
            row.principal.clone(),
            row.client.clone().unwrap_or_default(),
            row.integration.clone(),
            row.tool.clone(),
            row.outcome.to_string(),
            row.class.clone().unwrap_or_default(),
            decimal(row.price),
            decimal(row.list_price),
            row.currency.to_string(),
            (row.duration_micros / 1000).to_string(),
            row.upstream_requests.to_string(),
            row.trace_id.clone().unwrap_or_default(),
            row.sandbox.to_string(),
            row.units.to_string(),
            row.price_version.to_string(),
        ])
    };
    rows.iter().map(told).collect()
}
