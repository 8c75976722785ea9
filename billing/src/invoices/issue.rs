//! Sums a period's lines up to an invoice, and issues it once.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use turnpike_core::{Currency, InvoiceId, Micros, TenantId, Timestamp};
use turnpike_metering::payable;
use turnpike_store::{
    Closing, Credit, CreditKind, Invoice, InvoiceLine, InvoiceState, LineKind, StoreError, Subscription,
};

use crate::{
    Billing, BillingError,
    invoices::{calendar::share, credit::is_grant, credit_left, lines::numbered},
};

/// How often another worker may take the number that was next.
const ATTEMPTS: usize = 50;

/// Who makes the entries that no person does.
const MADE_BY: &str = "invoice";

/// What an invoice is for.
#[derive(Clone)]
pub(crate) struct Bill {
    pub(crate) tenant: TenantId,
    pub(crate) id: InvoiceId,
    pub(crate) plan: Option<String>,
    pub(crate) price_version: i64,
    pub(crate) currency: Currency,
    pub(crate) period: (Timestamp, Timestamp),
    pub(crate) lines: Vec<InvoiceLine>,
}

/// The invoice of the period of a subscription that begins then: the same whoever makes it, so that there is only one.
pub(crate) fn period_invoice(tenant: TenantId, period_start: Timestamp) -> InvoiceId {
    invoice_id(&format!("subscription {tenant} {}", period_start.micros()), period_start)
}

/// The same for what a tenant has used without a subscription, from then on.
pub(crate) fn month_invoice(tenant: TenantId, since: Timestamp) -> InvoiceId {
    invoice_id(&format!("month {tenant} {}", since.micros()), since)
}

fn invoice_id(name: &str, at: Timestamp) -> InvoiceId {
    let mut tail = [0; 10];
    tail.copy_from_slice(&digest(&SHA256, name.as_bytes()).as_ref()[..10]);
    let millis = u64::try_from(at.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().into()
}

impl Billing {
    /// Keeps the lines of a period that goes on with other terms.
    pub(crate) async fn keep_draft(
        &self,
        bill: Bill,
        subscription: (&Subscription, &Subscription),
        now: Timestamp,
    ) -> Result<bool, BillingError> {
        let tenant = bill.tenant;
        let (invoice, lines, _) = self.invoice(bill, None, now);
        let closing = Closing { invoice: &invoice, lines: &lines, credits: &[], subscription: Some(subscription) };
        Ok(self.0.store.tenant(tenant).close_period(&closing).await?)
    }

    /// Issues an invoice and rolls the subscription on, both or neither; false when another worker has, or when the subscription
    /// was changed in the meantime.
    pub(super) async fn issue(
        &self,
        bill: Bill,
        subscription: Option<(&Subscription, &Subscription)>,
        now: Timestamp,
    ) -> Result<bool, BillingError> {
        let rows = self.0.store.tenant(bill.tenant);
        let beginning = now.to_utc().format("%Y%m-").to_string();
        for _ in 0..ATTEMPTS {
            // The number first, then the credit: whoever issues another of the tenant's invoices from here on takes the same
            // number, and only one of the two is kept. No credit is taken twice.
            let taken = self.0.store.system().count_invoice_numbers(&beginning).await?;
            let (mut invoice, lines, credits) = self.invoice(bill.clone(), Some(rows.list_credits().await?), now);
            invoice.number = Some(format!("{beginning}{:04}", taken + 1));
            invoice.issued_at = Some(now);
            invoice.due_at = Some(now.plus(Duration::from_hours(24 * u64::from(self.0.settings.due_days))));
            invoice.state = InvoiceState::Open;
            if invoice.total.0 == 0 {
                (invoice.state, invoice.paid_at) = (InvoiceState::Paid, Some(now));
            }
            let closing = Closing { invoice: &invoice, lines: &lines, credits: &credits, subscription };
            match rows.close_period(&closing).await {
                Err(StoreError::Conflict { .. }) => {}
                done => return Ok(done?),
            }
        }
        Err(BillingError::Changed)
    }

    /// The invoice with its sums, all its lines, and what it does to the credit, which a draft leaves alone. Credit pays usage up
    /// to what was left when the period ended; what a fee that is given back leaves below nought becomes credit.
    fn invoice(
        &self,
        bill: Bill,
        credits: Option<Vec<Credit>>,
        now: Timestamp,
    ) -> (Invoice, Vec<InvoiceLine>, Vec<Credit>) {
        let Bill { id, plan, price_version, currency, period, mut lines, .. } = bill;
        let mut changes = vec![];
        let line = |kind, description: &str, amount| InvoiceLine {
            position: 0,
            kind,
            description: description.into(),
            quantity: 1,
            unit_price: None,
            amount: Micros(amount),
            since: period.0,
            until: period.1,
        };
        let change = |kind, amount| Credit {
            id: self.0.ambient.id(),
            kind,
            amount: Micros(amount),
            currency,
            note: String::new(),
            invoice_id: Some(id),
            external_id: None,
            expires_at: None,
            made_by: MADE_BY.into(),
            created_at: period.1,
        };
        if let Some(mut entries) = credits {
            let used: i64 = lines.iter().filter(|line| line.kind == LineKind::Usage).map(|line| line.amount.0).sum();
            // What was granted later pays nothing of this; what others took later is gone all the same.
            entries.retain(|entry| entry.created_at <= period.1 || !is_grant(entry));
            let left = credit_left(&entries, Timestamp::from_micros(period.1.micros() - 1));
            let taken = whole_coins(left.0.min(used), currency);
            if taken > 0 {
                lines.push(line(LineKind::Credit, "Credit", -taken));
                changes.push(change(CreditKind::Applied, -taken));
            }
            let below: i64 = lines.iter().map(|line| line.amount.0).sum();
            if below < 0 {
                lines.push(line(LineKind::Adjustment, "Kept as credit for usage", -below));
                changes.push(change(CreditKind::Paid, -below));
            }
        }
        let subtotal = Micros(lines.iter().map(|line| line.amount.0).sum());
        let tax = payable(Micros(share(subtotal.0, self.0.settings.tax_rate.into(), 10_000)), currency);
        let invoice = Invoice {
            id,
            number: None,
            state: InvoiceState::Draft,
            currency,
            plan,
            price_version,
            period_start: period.0,
            period_end: period.1,
            subtotal,
            tax,
            total: Micros(subtotal.0 + tax.0),
            paid: Micros(0),
            issued_at: None,
            due_at: None,
            paid_at: None,
            external_id: None,
            hosted_url: None,
            created_at: now,
            updated_at: now,
        };
        (invoice, numbered(lines), changes)
    }
}

/// As much of an amount as can be paid.
fn whole_coins(amount: i64, currency: Currency) -> i64 {
    amount.max(0) / currency.coin().0 * currency.coin().0
}
