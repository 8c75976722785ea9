//! Versions of the price book.

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, row::table};

/// A version of the price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceVersion {
    /// Nought is the settings file as it was when something was first priced by it; those that were set count from one.
    pub version: i64,
    /// Prices and plans, as JSON.
    pub book_json: String,
    /// From when on calls are priced by it.
    pub effective_at: Timestamp,
    /// Why it was set, in the operator's words.
    pub note: String,
    /// Who set it.
    pub set_by: String,
    /// When it was set.
    pub set_at: Timestamp,
}

table!(PriceVersion { version, book_json, effective_at, note, set_by, set_at });

impl SystemStore {
    /// All versions, oldest first.
    pub async fn list_price_versions(&self) -> Result<Vec<PriceVersion>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM price_versions ORDER BY version"), &[]).await
    }

    /// Keeps what the settings file says as version nought. As soon as anybody has subscribed or called, it stays as it is.
    pub async fn keep_first_price_version(&self, row: &PriceVersion) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO price_versions (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (version) DO UPDATE SET book_json = excluded.book_json \
             WHERE NOT EXISTS (SELECT 1 FROM subscriptions) AND NOT EXISTS (SELECT 1 FROM calls)"
        );
        self.0.execute(sql, &columns!(row)).await.map(drop)
    }

    /// Adds a version. A number that is taken is a conflict: somebody else was quicker.
    pub async fn insert_price_version(&self, row: &PriceVersion) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO price_versions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        self.0.insert("price version", sql, &columns!(row)).await
    }
}
