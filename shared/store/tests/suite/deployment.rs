//! A migrated database with two tenants in it.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;
use turnpike_core::TenantId;
use turnpike_store::{NewTenant, Store, TenantStore};
use turnpike_testkit::{Postgres, TestDatabase};

use crate::samples::{NOW, id};

/// Writes each test once and runs it on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($deployment:ident: Deployment) $body:block)*) => {
        $(async fn $name($deployment: crate::deployment::Deployment) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::deployment::Deployment::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::deployment::Deployment::postgres(10).await).await;
            })*
        }
    };
}
pub(crate) use on_both;

pub(crate) struct Deployment {
    pub(crate) store: Store,
    pub(crate) ours: TenantStore,
    pub(crate) theirs: TenantStore,
    pub(crate) our_id: TenantId,
    pub(crate) their_id: TenantId,
    pub(crate) place: Place,
}

pub(crate) enum Place {
    Sqlite { url: String, _folder: TempDir },
    Postgres { urls: TestDatabase, _server: Box<Postgres> },
}

impl Deployment {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("turnpike.db").display());
        let store = Store::open(&url, 10).await.unwrap();
        store.migrate().await.unwrap();
        Self::with_tenants(store, Place::Sqlite { url, _folder: folder }).await
    }

    pub(crate) async fn postgres(max_connections: u32) -> Self {
        let server = Postgres::shared().await.unwrap();
        let urls = server.database().await.unwrap();
        let owner = Store::open(&urls.owner_url, 1).await.unwrap();
        owner.migrate().await.unwrap();
        owner.grant_application_role("turnpike_app").await.unwrap();
        let store = Store::open(&urls.app_url, max_connections).await.unwrap();
        Self::with_tenants(store, Place::Postgres { urls, _server: Box::new(server) }).await
    }

    async fn with_tenants(store: Store, place: Place) -> Self {
        store.check().await.unwrap();
        let (our_id, their_id) = (id(), id());
        for (id, name) in [(our_id, "ours"), (their_id, "theirs")] {
            store.system().insert_tenant(&NewTenant { id, name: name.into(), created_at: NOW }).await.unwrap();
        }
        Self { ours: store.tenant(our_id), theirs: store.tenant(their_id), store, our_id, their_id, place }
    }

    /// Runs a statement as one who may do the most: the file's owner, or the tables' owner on PostgreSQL.
    pub(crate) async fn run_as_owner(&self, sql: &str) -> Result<u64, sqlx::Error> {
        match &self.place {
            Place::Sqlite { url, .. } => {
                let mut connection = SqliteConnection::connect(url).await?;
                Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?.rows_affected())
            }
            Place::Postgres { urls, .. } => {
                let mut connection = PgConnection::connect(&urls.owner_url).await?;
                sqlx::raw_sql("SET app.system = 'on'").execute(&mut connection).await?;
                Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?.rows_affected())
            }
        }
    }

    /// The texts that a query of one column gives to such a one.
    pub(crate) async fn values_as_owner(&self, sql: &str) -> Vec<String> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &self.place {
            Place::Sqlite { url, .. } => {
                let mut connection = SqliteConnection::connect(url).await.unwrap();
                query.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(0)).collect()
            }
            Place::Postgres { urls, .. } => {
                let mut connection = PgConnection::connect(&urls.owner_url).await.unwrap();
                sqlx::raw_sql("SET app.system = 'on'").execute(&mut connection).await.unwrap();
                query.fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }

    pub(crate) fn urls(&self) -> &TestDatabase {
        match &self.place {
            Place::Postgres { urls, .. } => urls,
            Place::Sqlite { .. } => panic!("not on SQLite"),
        }
    }
}
