//! An invoice of Stripe as a row of ours with its lines.

use stripe_billing::invoice::RetrieveInvoice;
use stripe_shared::{Invoice as Found, InvoiceLineItem};
use turnpike_core::{InvoiceId, Micros, TenantId, Timestamp};
use turnpike_store::{Invoice, InvoiceLine, InvoiceState, LineKind, StoreError};

use super::{
    ROUNDS,
    lines::{Origin, read_lines},
};
use crate::{
    Billing, BillingError,
    stripe::{
        Failure, Stripe,
        amounts::{at, of_coins, of_currency},
        terms::{Kind, Label},
    },
};

impl Stripe {
    /// Fetches an invoice and stores it as it stands; whose it is. None where there is no such invoice, or it is none of ours.
    pub(in crate::stripe) async fn take_over_invoice(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        for _ in 0..ROUNDS {
            let found = match self.read_client().get(&RetrieveInvoice::new(id)).await {
                Err(failure) if failure.is_missing() => return Ok(None),
                found => found?,
            };
            let details = found.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
            let metadata = details.and_then(|details| details.metadata.as_ref());
            let customer = found.customer.as_ref().map(|customer| customer.id().to_string());
            let Some(tenant) = self.find_tenant(billing, metadata, customer.as_deref()).await? else { return Ok(None) };
            let rows = billing.0.store.tenant(tenant);
            let before = rows.find_invoice_of(id).await?;
            let lines = match &before {
                Some(before) => rows.list_invoice_lines(before.id).await?,
                None => vec![],
            };
            let (row, new) = self.read_invoice(billing, &found, before.as_ref()).await?;
            if before.is_some_and(|before| before == row) && lines == new {
                return Ok(Some(tenant));
            }
            match rows.set_invoice(&Invoice { updated_at: billing.now(), ..row }, &new).await {
                // Another worker was quicker to give it an id.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(BillingError::Unreachable)
    }

    async fn read_invoice(
        &self,
        billing: &Billing,
        found: &Found,
        before: Option<&Invoice>,
    ) -> Result<(Invoice, Vec<InvoiceLine>), BillingError> {
        let currency = of_currency(&found.currency)?;
        let items = self.lines_of(found).await?;
        let origins = self.origins(&items).await?;
        let taxes = found.total_taxes.iter().flatten().map(|tax| tax.amount).sum();
        let (total, tax) = (of_coins(found.total, currency), of_coins(taxes, currency));
        let subtotal = Micros(total.0 - tax.0);
        let lines = read_lines(&items, &origins, currency, subtotal);

        // Of the plan and the period it is the usage that tells: its calls are looked up by them.
        let main = |kind: LineKind| lines.iter().find(|line| line.kind == kind).map(|line| (line.since, line.until));
        let whole = (at(found.period_start), at(found.period_end));
        let (period_start, period_end) = main(LineKind::Usage).or_else(|| main(LineKind::Fee)).unwrap_or(whole);
        let labels = || origins.iter().filter_map(|origin| origin.label.as_ref().filter(|_| !origin.proration));
        let label = labels().find(|label| label.kind == Kind::Usage).or_else(|| labels().next());
        let row = Invoice {
            id: before.map_or_else(|| billing.0.ambient.id::<InvoiceId>(), |row| row.id),
            number: found.number.clone(),
            state: read_state(found)?,
            currency,
            plan: before.map_or_else(|| label.map(|label| label.plan.clone()), |row| row.plan.clone()),
            price_version: before.map_or_else(|| version(found, label), |row| row.price_version),
            period_start: before.map_or(period_start, |row| row.period_start),
            period_end: before.map_or(period_end, |row| row.period_end),
            subtotal,
            tax,
            total,
            paid: of_coins(found.amount_paid, currency),
            issued_at: found.status_transitions.finalized_at.map(at),
            due_at: found.due_date.map(at),
            paid_at: found.status_transitions.paid_at.map(at),
            external_id: found.id.as_ref().map(ToString::to_string),
            hosted_url: found.hosted_invoice_url.clone(),
            created_at: before.map_or_else(|| at(found.created), |row| row.created_at),
            updated_at: before.map_or_else(Timestamp::default, |row| row.updated_at),
        };
        Ok((row, lines))
    }

    /// An invoice comes with its first ten lines.
    async fn lines_of(&self, found: &Found) -> Result<Vec<InvoiceLineItem>, Failure> {
        use stripe::PaginationExt;
        self.read_client().all(found.lines.clone().into_paginator()).await
    }

    async fn origins(&self, items: &[InvoiceLineItem]) -> Result<Vec<Origin>, Failure> {
        let mut origins = vec![];
        for item in items {
            let details = item.parent.as_ref().and_then(|parent| parent.subscription_item_details.as_ref());
            let price = item.pricing.as_ref().and_then(|pricing| pricing.price_details.as_ref());
            let label = match price {
                Some(price) => self.label(price.price.id().as_str()).await?,
                None => None,
            };
            origins.push(Origin { label, proration: details.is_some_and(|details| details.proration) });
        }
        Ok(origins)
    }
}

fn read_state(found: &Found) -> Result<InvoiceState, Failure> {
    let status = found.status.as_ref().ok_or(Failure::Unreadable)?;
    status.as_str().parse().map_err(|_| Failure::Unreadable)
}

/// As with subscriptions: what the invoice notes of its subscription goes before what is written on the price.
fn version(found: &Found, label: Option<&Label>) -> i64 {
    let details = found.parent.as_ref().and_then(|parent| parent.subscription_details.as_ref());
    let noted = details.and_then(|details| details.metadata.as_ref());
    let same_plan = noted.filter(|noted| noted.get("plan") == label.map(|label| &label.plan));
    let version = same_plan.and_then(|noted| noted.get("price_version")).and_then(|version| version.parse().ok());
    version.or(label.map(|label| label.price_version)).unwrap_or_default()
}
