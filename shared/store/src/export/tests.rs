//! The constants against the catalogues of both databases.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection, SqliteConnection};
use turnpike_testkit::Postgres;

use super::tables::{LEFT_OUT, TABLES};
use crate::Store;

type Columns = BTreeSet<String>;

/// What the constants speak of, as `table.column`; that of the tenant itself goes without saying.
fn named() -> Columns {
    let exported = TABLES.iter().flat_map(|table| {
        table.columns.iter().map(|column| format!("{}.{}", table.name, column.name)).collect::<Vec<_>>()
    });
    let left_out = LEFT_OUT.iter().map(|(column, _)| (*column).to_owned());
    let all: Vec<_> = exported.chain(left_out).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "nothing is named twice");
    all.into_iter().collect()
}

/// The columns of tenants' tables in a database, without the one that says whose a row is.
fn of_tenants(all: Vec<(String, String)>) -> Columns {
    let tables: BTreeSet<_> =
        all.iter().filter(|(_, column)| column == "tenant_id").map(|(table, _)| table.clone()).collect();
    assert!(tables.len() > 10, "{tables:?}");
    all.into_iter()
        .filter(|(table, column)| table == "tenants" || tables.contains(table) && column != "tenant_id")
        .map(|(table, column)| format!("{table}.{column}"))
        .collect()
}

#[tokio::test]
async fn every_column_of_a_tenants_table_in_sqlite_is_exported_or_left_out_for_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("turnpike.db").display());
    Store::open(&url, 1).await.unwrap().migrate().await.unwrap();
    let sql = "SELECT tables.name, columns.name FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns \
               WHERE tables.type = 'table'";
    let all = sqlx::query_as(sql).fetch_all(&mut SqliteConnection::connect(&url).await.unwrap()).await.unwrap();
    assert_eq!(named(), of_tenants(all));
}

#[tokio::test]
async fn every_column_of_a_tenants_table_in_postgres_is_exported_or_left_out_for_a_reason() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    Store::open(&database.owner_url, 1).await.unwrap().migrate().await.unwrap();
    // The parts of a table are exported with it.
    let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public' \
               AND NOT (SELECT relispartition FROM pg_class WHERE oid = table_name::text::regclass)";
    let all =
        sqlx::query_as(sql).fetch_all(&mut PgConnection::connect(&database.owner_url).await.unwrap()).await.unwrap();
    assert_eq!(named(), of_tenants(all));
}
