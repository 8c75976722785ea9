//! What Stripe knows is fetched by its id, and stored as it stands now. Never what an event says of it: events come late, twice
//! and out of order.
//!
//! After it was stored it is fetched once more, until what is fetched is what is stored. So of two workers the one that stores
//! last has seen the state that came last, without a lock.

mod invoices;
mod labels;
mod lines;
mod money;
mod subscriptions;

use std::time::Duration;

use stripe_billing::{invoice::ListInvoice, subscription::ListSubscription};
use stripe_types::RangeQueryTs;

pub(super) use labels::Labels;

use super::Stripe;
use crate::{Billing, BillingError};

/// So often something is stored and fetched again before it is left to a later time.
const ROUNDS: u32 = 5;

/// So far back the sweep looks for invoices: longer than a month and its retries.
const SWEPT: Duration = Duration::from_secs(45 * 24 * 60 * 60);

impl Billing {
    /// Fetches every subscription that is not over, and the invoices of the last weeks, for events that never came; how many
    /// subscriptions.
    pub async fn sweep_subscriptions(&self) -> Result<usize, BillingError> {
        let Some(stripe) = self.stripe() else { return Ok(0) };
        let rows = self.0.store.system().list_subscriptions().await?;
        let known = rows.into_iter().filter(|(_, row)| !row.state.is_over()).filter_map(|(_, row)| row.external_id);
        let there = stripe.read_client().all(ListSubscription::new().limit(100).paginate()).await?;
        let there = there.into_iter().map(|found| found.id.to_string());
        let mut ids: Vec<String> = known.chain(there).collect();
        ids.sort();
        ids.dedup();

        let mut result = Ok(());
        for id in &ids {
            let swept = stripe.take_over_subscription(self, id).await.map(drop);
            result = result.and(swept);
        }
        result.and(stripe.sweep_invoices(self).await).map(|()| ids.len())
    }
}

impl Stripe {
    async fn sweep_invoices(&self, billing: &Billing) -> Result<(), BillingError> {
        let since = RangeQueryTs::gte(billing.now().minus(SWEPT).micros() / 1_000_000);
        let list = ListInvoice::new().created(since).limit(100);
        let mut result = Ok(());
        for invoice in self.read_client().all(list.paginate()).await? {
            let Some(id) = invoice.id else { continue };
            let swept = self.take_over_invoice(billing, id.as_str()).await.map(drop);
            result = result.and(swept);
        }
        result
    }
}
