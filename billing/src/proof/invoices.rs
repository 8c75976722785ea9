//! Invoices and the batches of their periods.

use std::collections::BTreeMap;

use turnpike_core::{TenantId, Timestamp};
use turnpike_metering::rate;
use turnpike_store::{BatchState, Invoice, InvoiceState, LineKind, UsageBatch};

use super::{Difference, Proof};
use crate::{Billing, BillingError};

/// Usage of an invoice, as its lines for one period say.
#[derive(Default)]
struct Lines {
    units: i64,
    amount: i64,
}

impl Billing {
    /// Compares the invoices whose periods end within the time.
    pub(super) async fn compare_invoices(&self, proof: &mut Proof) -> Result<(), BillingError> {
        let system = self.0.store.system();
        for (tenant, invoice) in system.list_invoices_between(proof.since, proof.until).await? {
            if matches!(invoice.state, InvoiceState::Draft | InvoiceState::Void) {
                continue;
            }
            proof.invoices += 1;
            self.compare_invoice(tenant, &invoice, proof).await?;
        }
        Ok(())
    }

    async fn compare_invoice(
        &self,
        tenant: TenantId,
        invoice: &Invoice,
        proof: &mut Proof,
    ) -> Result<(), BillingError> {
        let rows = self.0.store.tenant(tenant);
        let mut periods = BTreeMap::<(Timestamp, Timestamp), Lines>::new();
        for line in rows.list_invoice_lines(invoice.id).await? {
            if line.kind == LineKind::Usage {
                let lines = periods.entry((line.since, line.until)).or_default();
                lines.units += line.quantity;
                lines.amount += line.amount.0;
            }
        }
        let trial = rows.find_subscription().await?.and_then(|subscription| subscription.trial_ends_at);
        let book = self.0.books.version(invoice.price_version);
        for ((since, until), lines) in periods {
            let issued = invoice.issued_at.unwrap_or(invoice.created_at);
            // A provider's first invoice announces the period that begins.
            if lines.units == 0 && issued < until {
                continue;
            }
            // In a trial usage is free.
            let free = trial.is_some_and(|end| until <= end);
            let batches = rows.list_usage_batches(since, until).await?;
            let billed = batches.iter().filter(|batch| is_billed(batch, invoice));
            let units: i64 = billed.map(|batch| batch.units).sum();
            let name = invoice.number.clone().unwrap_or_else(|| invoice.id.to_string());
            let mut differ = |between, first, second, repair| {
                let repaired = false;
                proof.differences.push(Difference { tenant, between, since, until, first, second, repair, repaired });
            };
            if units != lines.units && !free {
                let repair = match units - lines.units {
                    missing @ 1.. => format!("charge {missing} units that invoice {name} lacks by an invoice item"),
                    too_many => format!("a credit note to invoice {name} for {} units", -too_many),
                };
                differ(("batches", "invoice"), units, lines.units, repair);
            }
            let Some(plan) = invoice.plan.as_deref().and_then(|plan| book.plan(plan)) else { continue };
            let tiers = if free { vec![] } else { rate(plan, lines.units, book.currency()) };
            let amount: i64 = tiers.iter().map(|tier| tier.amount.0).sum();
            if amount != lines.amount {
                let repair = format!("compare the prices of invoice {name} with the plan's tiers");
                differ(("price book", "invoice"), amount, lines.amount, repair);
            }
        }
        Ok(())
    }
}

/// Whether an invoice should have it: a provider's has what its meter has, ours has all.
fn is_billed(batch: &UsageBatch, invoice: &Invoice) -> bool {
    match invoice.external_id {
        Some(_) => batch.state == BatchState::Accepted,
        None => batch.state != BatchState::WrittenOff,
    }
}
