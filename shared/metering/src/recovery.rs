//! Writes that a crash cut off: their intent is in the store, their ledger row is not.

use std::time::Duration;

use turnpike_core::{Currency, Micros, Outcome, TenantId, Timestamp};
use turnpike_store::{CallRow, Intent, Store, StoreError};

/// An intent older than this has no process any more that could finish it.
const ABANDONED: Duration = Duration::from_secs(120);

/// Gives every interrupted write its ledger row: `our_fault`, class `interrupted`, price nought. Its preview stays claimed, so
/// that confirming it again is refused. Returns how many there were.
///
/// `running_alone` says that no other process uses this store: then no intent can still be under way.
pub async fn record_interrupted(
    store: &Store,
    now: Timestamp,
    currency: Currency,
    running_alone: bool,
) -> Result<usize, StoreError> {
    let before = if running_alone { now } else { now.minus(ABANDONED) };
    let intents = store.system().list_unfinished_intents(before).await?;
    for (tenant, intent) in &intents {
        store.system().insert_calls(&[row(*tenant, intent, now, currency)]).await?;
        tracing::warn!(call_id = %intent.call_id, tenant_id = %tenant, tool = intent.tool, "a write was interrupted; its outcome is unknown");
    }
    Ok(intents.len())
}

fn row(tenant: TenantId, intent: &Intent, now: Timestamp, currency: Currency) -> CallRow {
    CallRow {
        call_id: intent.call_id,
        tenant_id: tenant,
        connection_id: Some(intent.connection_id),
        principal: intent.principal.clone(),
        client: None,
        integration: intent.integration.clone(),
        tool: intent.tool.clone(),
        outcome: Outcome::OurFault,
        class: Some("interrupted".into()),
        list_price: Micros(0),
        price: Micros(0),
        currency,
        started_at: intent.started_at,
        duration_micros: i64::try_from(now.since(intent.started_at).as_micros()).unwrap_or(i64::MAX),
        upstream_requests: 0,
        steps: "[]".into(),
        arguments_digest: intent.arguments_digest.clone(),
        trace_id: None,
        sandbox: false,
    }
}
