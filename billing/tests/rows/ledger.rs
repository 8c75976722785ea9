//! Rows of the ledger.

use turnpike_core::{Ambient, Currency, Micros, Outcome, TenantId, Timestamp};
use turnpike_store::CallRow;

/// A call that used up so many units, and had one request and ten rows.
pub(crate) fn call(
    ambient: &Ambient,
    tenant_id: TenantId,
    (integration, tool): (&str, &str),
    units: i64,
    started_at: Timestamp,
) -> CallRow {
    CallRow {
        call_id: ambient.id(),
        tenant_id,
        connection_id: None,
        principal: "key:1".into(),
        grant_id: None,
        client: None,
        integration: integration.into(),
        tool: tool.into(),
        outcome: Outcome::Success,
        class: None,
        list_price: Micros(4_000),
        price: Micros(units * 1_000),
        currency: Currency::USD,
        units,
        price_version: 0,
        started_at,
        duration_micros: 1_000,
        upstream_requests: 1,
        answer_rows: 10,
        steps: "[]".into(),
        arguments_digest: "ab".repeat(32),
        trace_id: None,
        sandbox: false,
    }
}
