//! Writes that a crash cut off: their intent is in the store, their ledger row is not.

use std::ops::Range;

use turnpike_core::{Currency, Micros, Outcome, TenantId, Timestamp};
use turnpike_store::{CallRow, Intent, Store, StoreError};

/// Gives every interrupted write its ledger row: `our_fault`, class `interrupted`, price nought. Its preview stays claimed, so
/// that confirming it again is refused. `begun` says when those writes began that nobody can still be busy with.
pub async fn record_interrupted(
    store: &Store,
    begun: Range<Timestamp>,
    now: Timestamp,
    currency: Currency,
) -> Result<(), StoreError> {
    for (tenant, intent) in &store.system().list_unfinished_intents(begun).await? {
        match store.system().insert_calls(&[row(*tenant, intent, now, currency)]).await {
            // Another replica was quicker.
            Err(StoreError::Conflict { .. }) => {}
            result => {
                result?;
                tracing::warn!(call_id = %intent.call_id, tenant_id = %tenant, tool = intent.tool, "a write was interrupted; its outcome is unknown");
            }
        }
    }
    Ok(())
}

fn row(tenant: TenantId, intent: &Intent, now: Timestamp, currency: Currency) -> CallRow {
    CallRow {
        call_id: intent.call_id,
        tenant_id: tenant,
        connection_id: Some(intent.connection_id),
        principal: intent.principal.clone(),
        grant_id: None,
        client: None,
        integration: intent.integration.clone(),
        tool: intent.tool.clone(),
        outcome: Outcome::OurFault,
        class: Some("interrupted".into()),
        list_price: Micros(0),
        price: Micros(0),
        currency,
        units: 0,
        price_version: 0,
        started_at: intent.started_at,
        duration_micros: i64::try_from(now.since(intent.started_at).as_micros()).unwrap_or(i64::MAX),
        upstream_requests: 0,
        answer_rows: 0,
        steps: "[]".into(),
        arguments_digest: intent.arguments_digest.clone(),
        trace_id: None,
        sandbox: false,
    }
}
