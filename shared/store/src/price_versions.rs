//! Versions of the price book.

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, row::table};

/// A version of the price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceVersion {
    /// Counts from nought, which comes from the settings file.
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

impl PriceVersion {
    /// Who has set what the settings file said.
    pub const BY_SETTINGS: &str = "settings";
}

table!(PriceVersion { version, book_json, effective_at, note, set_by, set_at });

impl SystemStore {
    /// All versions, oldest first.
    pub async fn list_price_versions(&self) -> Result<Vec<PriceVersion>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM price_versions ORDER BY version"), &[]).await
    }

    /// Adds what the settings file says as the next version, in force from the beginning: the first of all, or one for which nobody
    /// has subscribed or called yet. Otherwise nothing is added, because somebody has agreed to another; and of
    /// several at once one is.
    pub async fn insert_price_version_of_settings(&self, book_json: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO price_versions (",
            columns!(),
            ") SELECT COALESCE(MAX(version), -1) + 1, $1, 0, '', $2, $3 FROM price_versions HAVING MAX(version) IS NULL \
             OR (NOT EXISTS (SELECT 1 FROM subscriptions) AND NOT EXISTS (SELECT 1 FROM calls) \
             AND NOT EXISTS (SELECT 1 FROM price_versions WHERE book_json = $1)) \
             ON CONFLICT (version) DO NOTHING"
        );
        self.0.execute(sql, &[&book_json, &PriceVersion::BY_SETTINGS, &now]).await.map(drop)
    }

    /// Adds a version. A number that is taken is a conflict: somebody else was quicker.
    pub async fn insert_price_version(&self, row: &PriceVersion) -> Result<(), StoreError> {
        let sql = concat!("INSERT INTO price_versions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6)");
        self.0.insert("price version", sql, &columns!(row)).await
    }
}
