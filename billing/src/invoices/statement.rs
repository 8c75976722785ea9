//! What an accountant books.

use turnpike_core::{Currency, Micros, TenantId, Timestamp};
use turnpike_metering::payable;
use turnpike_store::{Credit, CreditKind, Invoice, InvoiceState, LineKind, MoneyEvent, MoneyEventKind, StoreError};

use crate::{Billing, BillingError, invoices::calendar::share};

/// A line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// When it is booked.
    pub at: Timestamp,
    /// Whose.
    pub tenant: TenantId,
    /// What it is: `fee`, `usage`, `credit`, `adjustment` or `tax` of an invoice, which add up to its total; `payment`, `refund`,
    /// `credit_note` or `dispute`, which say what became of it; `prepaid` for credit that was paid for apart from invoices.
    pub kind: &'static str,
    /// The invoice's number.
    pub number: Option<String>,
    /// The same in words.
    pub description: String,
    /// Without tax.
    pub net: Micros,
    /// Tax on it.
    pub tax: Micros,
    /// Both.
    pub gross: Micros,
    /// The currency of all three.
    pub currency: Currency,
    /// Where the invoice or the event stands.
    pub state: String,
}

impl Billing {
    /// The lines of one tenant, or of all, at `since` or later and before `until`, oldest first. Those of an invoice, payments and
    /// events aside, add up to its total; drafts have none.
    pub async fn statement(
        &self,
        tenant: Option<TenantId>,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<StatementLine>, BillingError> {
        let tenants = match tenant {
            Some(tenant) => vec![tenant],
            None => self.0.store.system().list_tenants().await?.into_iter().map(|tenant| tenant.id).collect(),
        };
        let mut lines = vec![];
        for tenant in tenants {
            lines.extend(self.all_lines(tenant).await?);
        }
        lines.retain(|line| line.at >= since && line.at < until);
        lines.sort_by_key(|line| line.at);
        Ok(lines)
    }

    async fn all_lines(&self, tenant: TenantId) -> Result<Vec<StatementLine>, StoreError> {
        let rows = self.0.store.tenant(tenant);
        let invoices = rows.list_invoices().await?;
        let mut lines = vec![];
        for invoice in invoices.iter().filter(|invoice| invoice.state != InvoiceState::Draft) {
            lines.extend(self.invoice_lines(tenant, invoice).await?);
        }
        let events = rows.list_money_events().await?;
        lines.extend(events.into_iter().map(|event| of_event(tenant, event, &invoices)));
        let credits = rows.list_credits().await?;
        let prepaid = credits.into_iter().filter(|it| it.kind == CreditKind::Paid && it.invoice_id.is_none());
        lines.extend(prepaid.map(|credit| of_credit(tenant, credit)));
        Ok(lines)
    }

    /// The lines of an invoice with its tax spread over them, and its payment.
    async fn invoice_lines(&self, tenant: TenantId, invoice: &Invoice) -> Result<Vec<StatementLine>, StoreError> {
        let line = |at, kind, description: &str, net: i64, tax: i64| StatementLine {
            at,
            tenant,
            kind,
            number: invoice.number.clone(),
            description: description.into(),
            net: Micros(net),
            tax: Micros(tax),
            gross: Micros(net + tax),
            currency: invoice.currency,
            state: invoice.state.to_string(),
        };
        let at = invoice.issued_at.unwrap_or(invoice.created_at);
        let (mut net, mut tax) = (0, 0);
        let mut lines = vec![];
        for of in self.0.store.tenant(tenant).list_invoice_lines(invoice.id).await? {
            let kind = match of.kind {
                LineKind::Fee => "fee",
                LineKind::Usage => "usage",
                LineKind::Credit => "credit",
                LineKind::Adjustment => "adjustment",
            };
            // By the sum so far, so that what is rounded off one line is in the next and nothing is left in the end.
            net += of.amount.0;
            let so_far = payable(Micros(share(invoice.tax.0, net, invoice.subtotal.0)), invoice.currency).0;
            lines.push(line(at, kind, &of.description, of.amount.0, so_far - tax));
            tax = so_far;
        }
        let rest = (invoice.subtotal.0 - net, invoice.tax.0 - tax);
        match rest {
            (0, 0) => {}
            (0, tax) => lines.push(line(at, "tax", "Tax", 0, tax)),
            // The payment provider may have changed the sum by what we have no line for.
            (net, tax) => lines.push(line(at, "adjustment", "Other", net, tax)),
        }
        if let Some(at) = invoice.paid_at.filter(|_| invoice.paid.0 != 0) {
            lines.push(line(at, "payment", "Payment", -invoice.paid.0, 0));
        }
        Ok(lines)
    }
}

fn of_event(tenant: TenantId, event: MoneyEvent, invoices: &[Invoice]) -> StatementLine {
    let (kind, words, sign) = match event.kind {
        MoneyEventKind::Refund => ("refund", "Refund", 1),
        MoneyEventKind::CreditNote => ("credit_note", "Credit note", -1),
        MoneyEventKind::Dispute => ("dispute", "Dispute", 1),
    };
    let about = invoices.iter().find(|invoice| Some(invoice.id) == event.invoice_id);
    let amount = Micros(sign * event.amount.0);
    StatementLine {
        at: event.at,
        tenant,
        kind,
        number: about.and_then(|invoice| invoice.number.clone()),
        description: event.reason.map_or_else(|| words.to_owned(), |reason| format!("{words}: {reason}")),
        net: amount,
        tax: Micros(0),
        gross: amount,
        currency: event.currency,
        state: event.state,
    }
}

fn of_credit(tenant: TenantId, credit: Credit) -> StatementLine {
    let description = if credit.note.is_empty() { "Credit".to_owned() } else { format!("Credit: {}", credit.note) };
    StatementLine {
        at: credit.created_at,
        tenant,
        kind: "prepaid",
        number: None,
        description,
        net: credit.amount,
        tax: Micros(0),
        gross: credit.amount,
        currency: credit.currency,
        state: credit.kind.to_string(),
    }
}
