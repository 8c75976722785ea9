//! Invoices: ours, or those of the payment provider as it told us of them.

use turnpike_core::{Currency, InvoiceId, Micros, TenantId, Timestamp};

use crate::{
    Credit, StoreError, Subscription, SystemStore, TenantStore,
    access::Together,
    row::{FromRow, Row, Scalar, from_row, table},
    value::words,
};

words! {
    /// Where an invoice stands, in the words of Stripe.
    InvoiceState {
        /// It can still change.
        Draft = "draft",
        /// It is to be paid.
        Open = "open",
        /// It is paid.
        Paid = "paid",
        /// It was a mistake.
        Void = "void",
        /// It will not be paid.
        Uncollectible = "uncollectible",
    }
}

words! {
    /// What a line of an invoice is for.
    LineKind {
        /// The plan's fee.
        Fee = "fee",
        /// Calls.
        Usage = "usage",
        /// Credit that was taken.
        Credit = "credit",
        /// Whatever else changes the sum.
        Adjustment = "adjustment",
    }
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// As it is printed; none while it is a draft.
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The plan at that time.
    pub plan: Option<String>,
    /// The version of the price book that it was made by.
    pub price_version: i64,
    /// The period that it is for begins.
    pub period_start: Timestamp,
    /// And ends.
    pub period_end: Timestamp,
    /// The sum of the lines.
    pub subtotal: Micros,
    /// Tax on it.
    pub tax: Micros,
    /// Both.
    pub total: Micros,
    /// What was paid of it.
    pub paid: Micros,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// Until when it is to be paid.
    pub due_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// The invoice at the payment provider.
    pub external_id: Option<String>,
    /// Its page there.
    pub hosted_url: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

table!(Invoice {
    id,
    number,
    state,
    currency,
    plan,
    price_version,
    period_start,
    period_end,
    subtotal,
    tax,
    total,
    paid,
    issued_at,
    due_at,
    paid_at,
    external_id,
    hosted_url,
    created_at,
    updated_at,
});

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Its place, from nought.
    pub position: i64,
    /// What it is for.
    pub kind: LineKind,
    /// The same in words.
    pub description: String,
    /// How many: integrations or units.
    pub quantity: i64,
    /// What one of them costs, where that is the same for all.
    pub unit_price: Option<Micros>,
    /// What all cost, rounded to what can be paid.
    pub amount: Micros,
    /// It is for the time from here on; of usage: for the calls begun then.
    pub since: Timestamp,
    /// Until here.
    pub until: Timestamp,
}

from_row!(InvoiceLine { position, kind, description, quantity, unit_price, amount, since, until });

impl TenantStore {
    /// The invoices, newest first.
    pub async fn list_invoices(&self) -> Result<Vec<Invoice>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM invoices WHERE tenant_id = $1 ORDER BY period_end DESC, created_at DESC, id DESC"
        );
        self.0.list(sql, &[]).await
    }

    /// The invoice with that id.
    pub async fn find_invoice(&self, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM invoices WHERE tenant_id = $1 AND id = $2"), &[&id]).await
    }

    /// The invoice that the payment provider knows by that id.
    pub async fn find_invoice_of(&self, external_id: &str) -> Result<Option<Invoice>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM invoices WHERE tenant_id = $1 AND external_id = $2");
        self.0.find(sql, &[&external_id]).await
    }

    /// The lines of an invoice, in their order.
    pub async fn list_invoice_lines(&self, id: InvoiceId) -> Result<Vec<InvoiceLine>, StoreError> {
        let sql = "SELECT position, kind, description, quantity, unit_price, amount, since, until FROM invoice_lines \
                   WHERE tenant_id = $1 AND invoice_id = $2 ORDER BY position";
        self.0.list(sql, &[&id]).await
    }

    /// The lines for fees of a time that reaches beyond `since`, those of drafts as well, in the order in which they were made.
    pub async fn list_fees(&self, since: Timestamp) -> Result<Vec<InvoiceLine>, StoreError> {
        let sql = "SELECT position, kind, description, quantity, unit_price, amount, since, until FROM invoice_lines \
                   WHERE tenant_id = $1 AND kind = 'fee' AND until > $2 ORDER BY (SELECT period_start FROM invoices \
                   WHERE invoices.tenant_id = invoice_lines.tenant_id AND id = invoice_id), position";
        self.0.list(sql, &[&since]).await
    }

    /// Sets an invoice with all its lines. A number that another has is a conflict.
    pub async fn set_invoice(&self, row: &Invoice, lines: &[InvoiceLine]) -> Result<(), StoreError> {
        let mut all = self.0.begin().await?;
        let set = concat!(
            "INSERT INTO invoices (tenant_id, ",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) ",
            "ON CONFLICT (tenant_id, id) DO UPDATE SET number = $3, state = $4, subtotal = $10, tax = $11, total = $12, ",
            "paid = $13, issued_at = $14, due_at = $15, paid_at = $16, external_id = $17, hosted_url = $18, updated_at = $20"
        );
        all.insert("invoice", set, &columns!(row)).await?;
        all.changes("DELETE FROM invoice_lines WHERE tenant_id = $1 AND invoice_id = $2", &[&row.id]).await?;
        insert_lines(&mut all, row.id, lines).await?;
        all.commit().await
    }

    /// Issues an invoice, or keeps a draft, with all that belongs to it: its lines, the credit that it takes or gives, and
    /// what becomes of the subscription. All of it is kept or nothing: false when the invoice was issued before, or when the
    /// subscription is not any more as it was seen. A number that another invoice has is a conflict.
    pub async fn close_period(&self, closing: &Closing<'_>) -> Result<bool, StoreError> {
        let Closing { invoice, lines, credits, subscription } = closing;
        let mut all = self.0.begin().await?;
        let set = concat!(
            "INSERT INTO invoices (tenant_id, ",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) ",
            "ON CONFLICT (tenant_id, id) DO UPDATE SET number = $3, state = $4, plan = $6, price_version = $7, ",
            "period_end = $9, subtotal = $10, tax = $11, total = $12, paid = $13, issued_at = $14, due_at = $15, ",
            "paid_at = $16, updated_at = $20 WHERE invoices.state = 'draft'"
        );
        if !all.insert("invoice", set, &columns!(invoice)).await? {
            return Ok(false);
        }
        all.changes("DELETE FROM invoice_lines WHERE tenant_id = $1 AND invoice_id = $2", &[&invoice.id]).await?;
        insert_lines(&mut all, invoice.id, lines).await?;
        for credit in *credits {
            crate::credits::insert(&mut all, credit).await?;
        }
        if let Some((seen, next)) = subscription
            && !crate::subscriptions::replace(&mut all, seen, next).await?
        {
            return Ok(false);
        }
        all.commit().await?;
        Ok(true)
    }

    /// Notes that an open invoice is paid in full, or is void or uncollectible, with the credit that it gives back; false when
    /// it is not open any more.
    pub async fn settle_invoice(
        &self,
        id: InvoiceId,
        state: InvoiceState,
        paid_at: Option<Timestamp>,
        credits: &[Credit],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE invoices SET state = $3, paid = CASE WHEN $3 = 'paid' THEN total ELSE paid END, paid_at = $4, \
                   updated_at = $5 WHERE tenant_id = $1 AND id = $2 AND state = 'open'";
        let mut all = self.0.begin().await?;
        if !all.changes(sql, &[&id, &state, &paid_at, &now]).await? {
            return Ok(false);
        }
        for credit in credits {
            crate::credits::insert(&mut all, credit).await?;
        }
        all.commit().await?;
        Ok(true)
    }
}

/// What is kept together when a period is closed.
pub struct Closing<'a> {
    /// The invoice.
    pub invoice: &'a Invoice,
    /// All its lines.
    pub lines: &'a [InvoiceLine],
    /// What it takes of the credit, or gives.
    pub credits: &'a [Credit],
    /// The subscription as it was seen, and as it is then.
    pub subscription: Option<(&'a Subscription, &'a Subscription)>,
}

async fn insert_lines(all: &mut Together<'_>, id: InvoiceId, lines: &[InvoiceLine]) -> Result<(), StoreError> {
    for line in lines {
        let sql = "INSERT INTO invoice_lines (tenant_id, invoice_id, position, kind, description, quantity, unit_price, \
                   amount, since, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let InvoiceLine { position, kind, description, quantity, unit_price, amount, since, until } = line;
        let arguments: [&dyn crate::value::Argument; 9] =
            [&id, position, kind, description, quantity, unit_price, amount, since, until];
        all.insert("invoice line", sql, &arguments).await?;
    }
    Ok(())
}

/// A line with the invoice that it stands on.
struct BookedLine(InvoiceId, InvoiceLine);

impl FromRow for BookedLine {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self(row.get("invoice_id")?, InvoiceLine::from_row(row)?))
    }
}

impl SystemStore {
    /// Invoices of all tenants whose periods end at `since` or later and before `until`, oldest first.
    pub async fn list_invoices_between(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, Invoice)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM invoices WHERE period_end >= $1 AND period_end < $2 ORDER BY period_end, tenant_id, id"
        );
        self.0.list(sql, &[&since, &until]).await
    }

    /// Lines for a time that reaches into this one, of all tenants and of invoices that are not void.
    pub async fn list_invoice_lines_between(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, InvoiceId, InvoiceLine)>, StoreError> {
        let sql = "SELECT tenant_id, invoice_id, position, kind, description, quantity, unit_price, amount, since, until \
                   FROM invoice_lines WHERE since < $2 AND until > $1 AND NOT EXISTS (SELECT 1 FROM invoices \
                   WHERE invoices.tenant_id = invoice_lines.tenant_id AND id = invoice_id AND state = 'void') \
                   ORDER BY tenant_id, invoice_id, position";
        let lines: Vec<(TenantId, BookedLine)> = self.0.list(sql, &[&since, &until]).await?;
        Ok(lines.into_iter().map(|(tenant, BookedLine(invoice, line))| (tenant, invoice, line)).collect())
    }

    /// How many invoices have a number that begins so.
    pub async fn count_invoice_numbers(&self, beginning: &str) -> Result<i64, StoreError> {
        let pattern = format!("{beginning}%");
        let sql = "SELECT COUNT(*) AS value FROM invoices WHERE number LIKE $1";
        Ok(self.0.find(sql, &[&pattern]).await?.map_or(0, |Scalar(count)| count))
    }
}
