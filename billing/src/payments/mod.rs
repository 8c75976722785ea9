//! Who collects the money: Stripe, or the operator with invoices of our own.

mod invoice_only;

use turnpike_config::{PaymentProvider, PaymentSettings};
use turnpike_core::{Micros, TenantId, Timestamp};
use turnpike_store::CreditKind;

use crate::{Billing, BillingError, Choice, Customer, Next, stripe::Stripe};

/// Who collects the money.
pub(crate) enum Payments {
    /// The operator.
    InvoiceOnly,
    /// Stripe.
    Stripe(Box<Stripe>),
}

/// Credit to give a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredit {
    /// Paid for, or given.
    pub kind: CreditKind,
    /// How much.
    pub amount: Micros,
    /// What the operator says of it.
    pub note: String,
    /// When what is left of it ends.
    pub expires_at: Option<Timestamp>,
    /// Who gives it.
    pub made_by: String,
}

impl Payments {
    pub(crate) fn new(settings: &PaymentSettings) -> Result<Self, BillingError> {
        Ok(match settings.provider {
            PaymentProvider::Invoice => Self::InvoiceOnly,
            PaymentProvider::Stripe => Self::Stripe(Box::new(Stripe::new(settings)?)),
        })
    }
}

impl Billing {
    /// Subscribes a tenant that has no subscription, or none any more.
    pub async fn subscribe(
        &self,
        tenant: TenantId,
        choice: &Choice,
        customer: &Customer,
    ) -> Result<Next, BillingError> {
        match &self.0.payments {
            Payments::InvoiceOnly => self.subscribe_by_invoice(tenant, choice).await.map(|()| Next::Done),
            Payments::Stripe(stripe) => stripe.subscribe(self, tenant, choice, customer).await,
        }
    }

    /// Moves a tenant to another plan, or to another number of integrations, at the terms of today.
    pub async fn change_plan(&self, tenant: TenantId, choice: &Choice) -> Result<(), BillingError> {
        match &self.0.payments {
            Payments::InvoiceOnly => self.change_plan_by_invoice(tenant, choice).await,
            Payments::Stripe(stripe) => stripe.change_plan(self, tenant, choice).await,
        }
    }

    /// Ends a subscription with its period; what was used until then is still invoiced.
    pub async fn cancel(&self, tenant: TenantId) -> Result<(), BillingError> {
        match &self.0.payments {
            Payments::InvoiceOnly => self.cancel_by_invoice(tenant).await,
            Payments::Stripe(stripe) => stripe.cancel(self, tenant, true).await,
        }
    }

    /// Takes the end back, before it has come.
    pub async fn keep_on(&self, tenant: TenantId) -> Result<(), BillingError> {
        match &self.0.payments {
            Payments::InvoiceOnly => self.keep_on_by_invoice(tenant).await,
            Payments::Stripe(stripe) => stripe.cancel(self, tenant, false).await,
        }
    }

    /// The payment provider's own page for cards, addresses and invoices.
    pub async fn manage(&self, tenant: TenantId, back: &str) -> Result<String, BillingError> {
        match &self.0.payments {
            Payments::InvoiceOnly => Err(BillingError::NotOffered("a page of the payment provider")),
            Payments::Stripe(stripe) => stripe.manage(self, tenant, back).await,
        }
    }

    /// Gives a tenant credit, which its next invoices take for usage.
    pub async fn grant_credit(&self, tenant: TenantId, credit: &NewCredit) -> Result<(), BillingError> {
        if credit.amount.0 <= 0 {
            return Err(BillingError::NoAmount);
        }
        match &self.0.payments {
            Payments::InvoiceOnly => self.note_credit(tenant, credit, None).await,
            Payments::Stripe(stripe) => {
                let external = stripe.grant_credit(self, tenant, credit).await?;
                self.note_credit(tenant, credit, Some(external)).await
            }
        }
    }
}
