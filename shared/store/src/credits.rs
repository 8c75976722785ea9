//! Credit that was prepaid or given, and what invoices took of it.

use turnpike_core::{CreditId, Currency, InvoiceId, Micros, Timestamp};

use crate::{StoreError, TenantStore, access::Together, row::table, value::words};

words! {
    /// Why a tenant's credit changed.
    CreditKind {
        /// It was paid for.
        Paid = "paid",
        /// It was given.
        Promotional = "promotional",
        /// An invoice took it.
        Applied = "applied",
        /// Its time was over.
        Expired = "expired",
    }
}

/// A change of a tenant's credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// Its id.
    pub id: CreditId,
    /// Why.
    pub kind: CreditKind,
    /// By how much: granted above nought, taken below.
    pub amount: Micros,
    /// The currency.
    pub currency: Currency,
    /// What the operator says of it.
    pub note: String,
    /// The invoice that took it.
    pub invoice_id: Option<InvoiceId>,
    /// The grant at the payment provider.
    pub external_id: Option<String>,
    /// When what is left of it ends.
    pub expires_at: Option<Timestamp>,
    /// Who did it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
}

table!(Credit { id, kind, amount, currency, note, invoice_id, external_id, expires_at, made_by, created_at });

impl TenantStore {
    /// All changes, oldest first.
    pub async fn list_credits(&self) -> Result<Vec<Credit>, StoreError> {
        self.0
            .list(concat!("SELECT ", columns!(), " FROM credits WHERE tenant_id = $1 ORDER BY created_at, id"), &[])
            .await
    }

    /// Adds a change.
    pub async fn insert_credit(&self, row: &Credit) -> Result<(), StoreError> {
        let mut all = self.0.begin().await?;
        insert(&mut all, row).await?;
        all.commit().await
    }
}

/// Adds a change together with others.
pub(crate) async fn insert(all: &mut Together<'_>, row: &Credit) -> Result<(), StoreError> {
    let sql = concat!(
        "INSERT INTO credits (tenant_id, ",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    all.insert("credit", sql, &columns!(row)).await.map(drop)
}
