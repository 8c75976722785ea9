//! What the pages look like on each host.

use turnpike_core::Timestamp;

use crate::{
    StoreError, SystemStore,
    row::{FromRow, Row, from_row},
};

/// What the pages look like on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    /// The host; `*` stands for every host that has no brand of its own.
    pub host: String,
    /// Name, colours and texts, as JSON that means nothing here.
    pub brand_json: String,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// There is a logo.
    pub has_logo: bool,
}

/// A picture to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Its media type.
    pub media_type: String,
    /// The picture.
    pub bytes: Vec<u8>,
}

from_row!(BrandRow { host, brand_json, set_by, set_at, has_logo });

impl FromRow for Logo {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self { media_type: row.get("logo_type")?, bytes: row.get("logo")? })
    }
}

impl SystemStore {
    /// All brands, by host.
    pub async fn list_brands(&self) -> Result<Vec<BrandRow>, StoreError> {
        let sql = "SELECT host, brand_json, set_by, set_at, logo IS NOT NULL AS has_logo FROM brands ORDER BY host";
        self.0.list(sql, &[]).await
    }

    /// The logo of a host's brand.
    pub async fn find_brand_logo(&self, host: &str) -> Result<Option<Logo>, StoreError> {
        let sql = "SELECT logo_type, logo FROM brands WHERE host = $1 AND logo IS NOT NULL AND logo_type IS NOT NULL";
        self.0.find(sql, &[&host]).await
    }

    /// Sets the brand of a host. Its logo stays.
    pub async fn set_brand(&self, host: &str, brand_json: &str, by: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO brands (host, brand_json, set_by, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT (host) \
                   DO UPDATE SET brand_json = $2, set_by = $3, set_at = $4";
        self.0.execute(sql, &[&host, &brand_json, &by, &now]).await.map(drop)
    }

    /// Sets the logo of a host's brand, or takes it away.
    pub async fn set_brand_logo(&self, host: &str, logo: Option<&Logo>) -> Result<(), StoreError> {
        let (media_type, bytes) = logo.map(|Logo { media_type, bytes }| (media_type.clone(), bytes.clone())).unzip();
        let sql = "UPDATE brands SET logo_type = $2, logo = $3 WHERE host = $1";
        self.0.update("brand", sql, &[&host, &media_type, &bytes]).await
    }

    /// Takes the brand of a host away; false when it has none.
    pub async fn delete_brand(&self, host: &str) -> Result<bool, StoreError> {
        self.0.changes("DELETE FROM brands WHERE host = $1", &[&host]).await
    }
}
