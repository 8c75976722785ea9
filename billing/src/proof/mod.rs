//! Ledger = batches = the payment provider's sums = invoices, for every customer and hour.

mod invoices;
mod nightly;
mod repair;
mod usage;

use serde::Serialize;
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::ProofRow;

use crate::{
    Billing, BillingError,
    usage::{SUMS_LAG_HOURS, hour_of, hours_after},
};

/// What a run of the proof has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// From here on.
    pub since: Timestamp,
    /// Until here.
    pub until: Timestamp,
    /// So many customers were compared.
    pub customers: usize,
    /// So many of their hours.
    pub hours: usize,
    /// So many invoices.
    pub invoices: usize,
    /// What does not agree. None is the pass mark.
    pub differences: Vec<Difference>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Whose.
    pub tenant: TenantId,
    /// Where: between which two of ledger, batches, meter and invoice.
    pub between: (&'static str, &'static str),
    /// The hour, or the invoice's period.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// What the first says.
    pub first: i64,
    /// What the second says.
    pub second: i64,
    /// What would repair it, in words.
    pub repair: String,
    /// Whether that was done.
    pub repaired: bool,
}

impl Billing {
    /// Compares all sums of a time, keeps the result, and repairs what the settings allow. It takes whole hours, and none of the
    /// last two, whose sums are not ready.
    pub async fn prove(&self, since: Timestamp, until: Timestamp) -> Result<Proof, BillingError> {
        let ready = hours_after(hour_of(self.now()), -SUMS_LAG_HOURS);
        let until = hour_of(until).min(ready);
        let since = hour_of(since).min(until);
        let mut proof = Proof { since, until, customers: 0, hours: 0, invoices: 0, differences: vec![] };
        for tenant in self.0.store.system().list_tenants().await? {
            self.compare_usage(tenant.id, &mut proof).await?;
        }
        self.compare_invoices(&mut proof).await?;
        for Difference { tenant, between, since, until, first, second, repair, repaired } in &proof.differences {
            let (one, other) = between;
            tracing::error!(%tenant, one, other, %since, %until, first, second, repair, repaired, "the sums do not agree");
        }
        let (customers, hours, invoices) = (proof.customers, proof.hours, proof.invoices);
        tracing::info!(customers, hours, invoices, differences = proof.differences.len(), "the sums were compared");
        let row = ProofRow {
            id: self.0.ambient.id(),
            ran_at: self.now(),
            since,
            until,
            differences: i64::try_from(proof.differences.len()).unwrap_or(i64::MAX),
            // It is texts and whole numbers, which JSON can always hold.
            report_json: serde_json::to_string(&proof).unwrap_or_else(|_| "{}".into()),
        };
        self.0.store.system().insert_proof(&row).await?;
        Ok(proof)
    }
}
