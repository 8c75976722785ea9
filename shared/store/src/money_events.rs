//! Refunds, credit notes and disputes, as the payment provider tells of them.

use turnpike_core::{Currency, InvoiceId, Micros, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table, value::words};

words! {
    /// What happened to an invoice's money afterwards.
    MoneyEventKind {
        /// It was given back.
        Refund = "refund",
        /// Less is owed.
        CreditNote = "credit_note",
        /// The payer's bank asks it back.
        Dispute = "dispute",
    }
}

/// Something that happened to money after an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyEvent {
    /// Its id at the payment provider.
    pub external_id: String,
    /// The invoice that it is about.
    pub invoice_id: Option<InvoiceId>,
    /// What it is.
    pub kind: MoneyEventKind,
    /// How it stands, in the provider's word.
    pub state: String,
    /// About how much.
    pub amount: Micros,
    /// The currency.
    pub currency: Currency,
    /// Why, in the provider's word.
    pub reason: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// When we last heard of it.
    pub updated_at: Timestamp,
}

table!(MoneyEvent { external_id, invoice_id, kind, state, amount, currency, reason, at, updated_at });

impl TenantStore {
    /// All of them, newest first.
    pub async fn list_money_events(&self) -> Result<Vec<MoneyEvent>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM money_events WHERE tenant_id = $1 ORDER BY at DESC, external_id DESC"
        );
        self.0.list(sql, &[]).await
    }

    /// Sets one as the provider tells it now.
    pub async fn set_money_event(&self, row: &MoneyEvent) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO money_events (tenant_id, ",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant_id, external_id) DO UPDATE SET ",
            "invoice_id = $3, state = $5, amount = $6, reason = $8, updated_at = $10"
        );
        self.0.execute(sql, &columns!(row)).await.map(drop)
    }
}

impl SystemStore {
    /// Those of all tenants at `since` or later, newest first.
    pub async fn list_all_money_events(&self, since: Timestamp) -> Result<Vec<(TenantId, MoneyEvent)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM money_events WHERE at >= $1 ORDER BY at DESC, tenant_id, external_id"
        );
        self.0.list(sql, &[&since]).await
    }
}
