//! The database of a deployment.

use std::sync::Arc;

use turnpike_core::TenantId;

use crate::{
    StoreError, SystemStore, TenantStore,
    access::{Access, Scope},
    db::{Db, PoolUse},
    dialect,
    row::Scalar,
};

/// The database of a deployment: an SQLite file or PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Db>);

impl Store {
    /// Opens `sqlite:PATH`, making the file when there is none, or `postgres://USER:PASSWORD@HOST/NAME`.
    ///
    /// # Errors
    /// When the file or the server cannot be used. The error never shows the password.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        Db::open(url, max_connections).await.map(|db| Self(Arc::new(db)))
    }

    /// How many connections to it there are.
    pub fn pools(&self) -> Vec<PoolUse> {
        self.0.pools()
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.system().0.list::<Scalar<i64>>("SELECT CAST(1 AS BIGINT) AS value", &[]).await.map(drop)
    }

    /// What the database calls itself: its name and version.
    pub async fn version(&self) -> Result<String, StoreError> {
        let (sqlite, postgres) = dialect::VERSIONS;
        let sql = if matches!(&*self.0, Db::Sqlite { .. }) { sqlite } else { postgres };
        Ok(self.system().0.find(sql, &[]).await?.map_or_else(String::new, |Scalar(version)| version))
    }

    /// One tenant's rows, the only way to them.
    pub fn tenant(&self, id: TenantId) -> TenantStore {
        TenantStore::new(self.0.clone(), id)
    }

    /// All tenants' rows: for jobs, the ledger and the operator.
    pub fn system(&self) -> SystemStore {
        SystemStore(Access { db: self.0.clone(), scope: Scope::System })
    }
}
