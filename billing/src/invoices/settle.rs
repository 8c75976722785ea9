//! What becomes of an invoice of ours: paid, taken back, or overdue.

use turnpike_config::PaymentProvider;
use turnpike_core::{InvoiceId, Micros, TenantId, Timestamp};
use turnpike_store::{Credit, CreditKind, InvoiceState, StoreError, Subscription, SubscriptionState};

use crate::{Billing, BillingError};

/// How often one that was changed in the meantime is looked at again.
const ATTEMPTS: usize = 5;

impl Billing {
    /// Notes that an invoice of ours was paid. One that is paid already stays as it is.
    pub async fn mark_paid(&self, tenant: TenantId, id: InvoiceId, at: Timestamp) -> Result<(), BillingError> {
        self.settle_invoice(tenant, id, InvoiceState::Paid, Some(at)).await
    }

    /// Takes an invoice of ours back: it was a mistake. What it had taken of the credit is there again; what it was for is not
    /// invoiced a second time.
    pub async fn void_invoice(&self, tenant: TenantId, id: InvoiceId) -> Result<(), BillingError> {
        self.settle_invoice(tenant, id, InvoiceState::Void, None).await
    }

    async fn settle_invoice(
        &self,
        tenant: TenantId,
        id: InvoiceId,
        state: InvoiceState,
        paid_at: Option<Timestamp>,
    ) -> Result<(), BillingError> {
        let (rows, now) = (self.0.store.tenant(tenant), self.now());
        let invoice = rows.find_invoice(id).await?.ok_or(StoreError::NotFound { what: "invoice" })?;
        if self.provider() != PaymentProvider::Invoice || invoice.external_id.is_some() {
            return Err(BillingError::Elsewhere);
        }
        let back = match state {
            InvoiceState::Void => self.given_back(&rows.list_credits().await?, id, now),
            _ => vec![],
        };
        if invoice.state != state && !rows.settle_invoice(id, state, paid_at, &back, now).await? {
            return Err(BillingError::Settled);
        }
        self.follow_payments(tenant, now).await
    }

    /// Entries that undo what an invoice did to the credit.
    fn given_back(&self, entries: &[Credit], id: InvoiceId, now: Timestamp) -> Vec<Credit> {
        let its = entries.iter().filter(|entry| entry.invoice_id == Some(id));
        let undone = its.map(|entry| {
            let kind = if entry.kind == CreditKind::Applied { entry.kind } else { CreditKind::Expired };
            let amount = Micros(-entry.amount.0);
            Credit { id: self.0.ambient.id(), kind, amount, created_at: now, ..entry.clone() }
        });
        undone.collect()
    }

    /// Lets the subscription stand as its payments do: trials end, a missing payment is noted, and forgotten once it came.
    pub(super) async fn follow_payments(&self, tenant: TenantId, now: Timestamp) -> Result<(), BillingError> {
        let rows = self.0.store.tenant(tenant);
        for _ in 0..ATTEMPTS {
            let Some(seen) = rows.find_subscription().await? else { return Ok(()) };
            let invoices = rows.list_invoices().await?;
            let open = invoices.iter().filter(|invoice| invoice.state == InvoiceState::Open);
            let overdue = open.filter_map(|invoice| invoice.due_at).filter(|due| *due <= now).min();
            let Some(next) = standing(&seen, overdue, now) else { return Ok(()) };
            if rows.replace_subscription(&seen, &next).await? {
                return Ok(());
            }
        }
        Err(BillingError::Changed)
    }
}

/// The subscription as it must stand; none if it does.
fn standing(seen: &Subscription, overdue: Option<Timestamp>, now: Timestamp) -> Option<Subscription> {
    use SubscriptionState as State;
    let in_trial = seen.state == State::Trialing && seen.trial_ends_at.is_some_and(|end| end > now);
    let state = match (seen.state, overdue) {
        (State::Trialing | State::Active | State::PastDue | State::Unpaid, Some(_)) => State::PastDue,
        (State::Trialing, None) if in_trial => State::Trialing,
        (State::Trialing | State::Active | State::PastDue | State::Unpaid, None) => State::Active,
        (other, _) => other,
    };
    let past_due_since = overdue.filter(|_| state == State::PastDue);
    let stands = state == seen.state && past_due_since == seen.past_due_since;
    (!stands).then(|| Subscription { state, past_due_since, updated_at: now, ..seen.clone() })
}
