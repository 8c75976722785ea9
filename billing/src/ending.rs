//! The end of a tenant: it owes what it has used until then, and is charged nothing after it.

use std::time::Duration;

use turnpike_core::TenantId;
use turnpike_store::BatchState;

use crate::{Billing, BillingError, payments::Payments, usage::hours_after};

/// So many hours back is looked for calls that no batch has counted yet.
const LATELY: i64 = 48;

/// So far back batches may be on their way: Stripe takes nothing that is older.
const TAKEN: Duration = Duration::from_secs(35 * 24 * 3600);

impl Billing {
    /// Ends a tenant's subscription at once, if it has one, and invoices what was used, also without one where the invoices are
    /// ours: to be done before the tenant is deleted, which must not happen when this fails.
    pub async fn end_now(&self, tenant: TenantId) -> Result<(), BillingError> {
        let ended = match &self.0.payments {
            Payments::InvoiceOnly => self.end_now_by_invoice(tenant).await,
            Payments::Stripe(stripe) => {
                let now = self.now();
                self.seal_since(hours_after(now, -LATELY), now).await?;
                self.seal_present_hour(tenant, now).await?;
                self.send_usage().await?;
                self.check_arrived(tenant).await?;
                stripe.end_now(self, tenant).await
            }
        };
        match (ended, &self.0.payments) {
            (Ok(()) | Err(BillingError::NoSubscription), Payments::InvoiceOnly) => {
                self.close_months_early(tenant, self.now()).await
            }
            (Err(BillingError::NoSubscription), Payments::Stripe(_)) => Ok(()),
            (ended, _) => ended,
        }
    }

    /// With the tenant goes the subscription by which its usage is sent: what has not arrived by then never would.
    async fn check_arrived(&self, tenant: TenantId) -> Result<(), BillingError> {
        let (rows, now) = (self.0.store.tenant(tenant), self.now());
        if rows.find_subscription().await?.is_none_or(|subscription| subscription.customer_id.is_none()) {
            return Ok(());
        }
        let under_way = [BatchState::Sealed, BatchState::Sending, BatchState::Uncertain];
        let batches = rows.list_usage_batches(now.minus(TAKEN), now).await?;
        match batches.iter().any(|batch| under_way.contains(&batch.state)) {
            true => Err(BillingError::UsageUnderWay),
            false => Ok(()),
        }
    }
}
