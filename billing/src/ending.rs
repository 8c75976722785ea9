//! The end of a tenant: it owes what it has used until then, and is charged nothing after it.

use turnpike_core::TenantId;

use crate::{Billing, BillingError, payments::Payments, usage::hours_after};

/// So many hours back is looked for calls that no batch has counted yet.
const LATELY: i64 = 48;

impl Billing {
    /// Ends a tenant's subscription at once and invoices what was used, if it has one: to be done before the tenant is deleted,
    /// which must not happen when this fails.
    pub async fn end_now(&self, tenant: TenantId) -> Result<(), BillingError> {
        let ended = match &self.0.payments {
            Payments::InvoiceOnly => self.end_now_by_invoice(tenant).await,
            Payments::Stripe(stripe) => {
                let now = self.now();
                self.seal_since(hours_after(now, -LATELY), now).await?;
                self.seal_present_hour(tenant, now).await?;
                self.send_usage().await?;
                stripe.end_now(self, tenant).await
            }
        };
        match ended {
            Err(BillingError::NoSubscription) => Ok(()),
            ended => ended,
        }
    }
}
