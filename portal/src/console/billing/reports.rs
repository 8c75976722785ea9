//! What the work on payments has noted: usage that is not where it should be, proofs, and what the provider has told.

use serde::Deserialize;
use turnpike_core::{TenantId, Timestamp, visible};
use turnpike_store::{BatchState, ProofRow};

use crate::{
    Portal,
    console::names::Clients,
    http::Failure,
    pages::{Tag, billing::event_name, money, shown},
};

/// How many of each are shown.
const MOST: i64 = 50;
/// How many runs of the proof.
const RUNS: i64 = 7;

/// Usage that the payment provider does not have.
pub(super) struct Batch {
    pub(super) tenant: TenantId,
    pub(super) client: String,
    pub(super) hour: String,
    pub(super) units: i64,
    pub(super) tag: Tag,
    pub(super) attempts: i64,
    pub(super) reason: String,
}

/// A run of the proof.
pub(super) struct Run {
    pub(super) at: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) differences: i64,
    pub(super) details: Vec<Difference>,
}

/// Something that does not agree.
pub(super) struct Difference {
    pub(super) client: String,
    pub(super) between: String,
    pub(super) hour: String,
    pub(super) first: i64,
    pub(super) second: i64,
    pub(super) repair: String,
    pub(super) repaired: bool,
}

/// A refund, credit note or dispute.
pub(super) struct Move {
    pub(super) tenant: TenantId,
    pub(super) client: String,
    pub(super) at: String,
    pub(super) what: &'static str,
    pub(super) state: String,
    pub(super) amount: String,
    pub(super) reason: String,
}

/// What the payment provider has told us.
pub(super) struct Event {
    pub(super) at: String,
    pub(super) kind: String,
    pub(super) tag: Tag,
    pub(super) attempts: i64,
    pub(super) reason: String,
}

/// Batches that are neither accepted nor only waiting for their turn, those that need somebody first.
pub(super) async fn batches(portal: &Portal, clients: &Clients) -> Result<Vec<Batch>, Failure> {
    let mut batches = vec![];
    for state in
        [BatchState::Rejected, BatchState::Uncertain, BatchState::Sending, BatchState::Invoiced, BatchState::WrittenOff]
    {
        for (tenant, own) in portal.store.system().list_usage_batches_in(state, MOST).await? {
            batches.push(Batch {
                tenant,
                client: clients.name(tenant),
                hour: shown(own.window_start),
                units: own.units,
                tag: Tag::of_batch(own.state),
                attempts: own.attempts,
                reason: own.reason.as_deref().map(visible).unwrap_or_default(),
            });
        }
    }
    Ok(batches)
}

/// A report, as far as the page shows it.
#[derive(Deserialize)]
struct Report {
    differences: Vec<Reported>,
}

#[derive(Deserialize)]
struct Reported {
    tenant: TenantId,
    between: (String, String),
    since: Timestamp,
    first: i64,
    second: i64,
    repair: String,
    repaired: bool,
}

/// The last runs of the proof, newest first.
pub(super) async fn runs(portal: &Portal, clients: &Clients) -> Result<Vec<Run>, Failure> {
    let rows = portal.store.system().list_proofs(RUNS).await?;
    Ok(rows.into_iter().map(|row| run(row, clients)).collect())
}

fn run(row: ProofRow, clients: &Clients) -> Run {
    // What an older version has written may read otherwise: the count stays.
    let report = serde_json::from_str(&row.report_json).unwrap_or(Report { differences: vec![] });
    let details = report.differences.into_iter().map(|own| Difference {
        client: clients.name(own.tenant),
        between: visible(&format!("{} and {}", own.between.0, own.between.1)),
        hour: shown(own.since),
        first: own.first,
        second: own.second,
        repair: visible(&own.repair),
        repaired: own.repaired,
    });
    Run {
        at: shown(row.ran_at),
        from: shown(row.since),
        until: shown(row.until),
        differences: row.differences,
        details: details.take(MOST as usize).collect(),
    }
}

/// Refunds, credit notes and disputes since then, newest first.
pub(super) async fn moves(portal: &Portal, clients: &Clients, since: Timestamp) -> Result<Vec<Move>, Failure> {
    let rows = portal.store.system().list_all_money_events(since).await?;
    Ok(rows
        .into_iter()
        .map(|(tenant, own)| Move {
            tenant,
            client: clients.name(tenant),
            at: shown(own.at),
            what: event_name(own.kind),
            state: visible(&own.state),
            amount: money(own.amount, own.currency),
            reason: own.reason.as_deref().map(visible).unwrap_or_default(),
        })
        .collect())
}

/// What the payment provider told us last, newest first.
pub(super) async fn events(portal: &Portal) -> Result<Vec<Event>, Failure> {
    let rows = portal.store.system().list_payment_events(MOST).await?;
    Ok(rows
        .into_iter()
        .map(|own| Event {
            at: shown(own.received_at),
            kind: visible(&own.kind),
            tag: Tag::of_payment_event(own.state),
            attempts: own.attempts,
            reason: own.reason.as_deref().map(visible).unwrap_or_default(),
        })
        .collect())
}
