//! The audit log as a file, with the hashes that chain it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State},
};
use futures_util::{StreamExt as _, stream};
use turnpike_store::{AuditEvent, AuditFilter, StoreError, TenantStore};

use super::{Asked, of_action};
use crate::{
    Member, Portal,
    http::{Answer, Failure},
    pages::{
        actors::Actors,
        csv::{download, line},
    },
};

/// The events that are read at a time.
const PIECE: i64 = 1000;

const HEADER: [&str; 9] =
    ["sequence", "at", "actor", "actor_name", "action", "action_name", "subject", "details", "hash"];

/// What is still to be read.
struct Rest {
    rows: TenantStore,
    actors: Arc<Actors>,
    filter: AuditFilter,
}

pub(crate) async fn export(State(portal): State<Portal>, member: Member, Query(asked): Query<Asked>) -> Answer {
    let filter = asked.read().map_err(|errors| Failure::Refused(errors.of("action").to_owned()))?;
    let filter = AuditFilter { before: None, limit: PIECE, ..filter };
    let actors = Arc::new(Actors::of(&portal, member.tenant.id).await?);
    let rest = Rest { rows: portal.store.tenant(member.tenant.id), actors, filter };
    let header = stream::iter([Ok::<_, StoreError>(line(HEADER))]);
    let pieces = stream::try_unfold(Some(rest), |rest| async {
        let Some(mut rest) = rest else { return Ok(None) };
        let found = rest.rows.list_audit(&rest.filter).await?;
        let piece: String = found.iter().map(|event| told(&rest.actors, event)).collect();
        rest.filter.before = found.last().map(|event| event.sequence);
        // The first of all has the number 1.
        let more = rest.filter.before.is_some_and(|last| last > 1) && found.len() as i64 == PIECE;
        Ok(Some((piece, more.then_some(rest))))
    });
    Ok(download("audit.csv", Body::from_stream(header.chain(pieces))))
}

fn told(actors: &Actors, event: &AuditEvent) -> String {
    let hash: String = event.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    line([
        event.sequence.to_string(),
        event.at.to_string(),
        event.actor.clone(),
        actors.name(&event.actor),
        event.action.clone(),
        of_action(&event.action).to_owned(),
        event.subject.clone(),
        event.details_json.clone(),
        hash,
    ])
}
