//! Migrations on PostgreSQL while others are there: two at once, a table that is held, a ledger that is full.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, migrate::Migrator};
use turnpike_core::{ConnectionId, TenantId, Timestamp};
use turnpike_store::{CallFilter, Store, StoreError};
use turnpike_testkit::{Postgres, TestDatabase};

use crate::samples::{NOW, id};

/// Migrated to a number, with the grants that the application has there.
async fn migrated_to(database: &TestDatabase, last: &str) -> PgConnection {
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres")).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().unwrap() < last {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    let mut owner = PgConnection::connect(&database.owner_url).await.unwrap();
    Migrator::new(folder.path()).await.unwrap().run(&mut owner).await.unwrap();
    sqlx::raw_sql("GRANT SELECT, INSERT ON calls TO turnpike_app; SET app.system = 'on'")
        .execute(&mut owner)
        .await
        .unwrap();
    owner
}

async fn texts(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

/// Calls of that tenant, each a day and a half after the one before.
fn fill(tenant: impl std::fmt::Display, rows: u32) -> AssertSqlSafe<String> {
    let columns = "call_id, tenant_id, principal, integration, tool, outcome, list_price, price, currency, started_at, \
                   duration_micros, upstream_requests, steps, arguments_digest, sandbox, units";
    AssertSqlSafe(format!(
        "INSERT INTO calls ({columns}) SELECT gen_random_uuid()::text, '{tenant}', 'key:1', 'google-ads', 'run_gaql', 'success', \
         4000, 4000, 'USD', {} - n * 129600000000, 1, 1, '[]', 'x', false, n FROM generate_series(1, {rows}::bigint) AS n",
        NOW.micros()
    ))
}

#[tokio::test]
async fn of_two_migrations_at_once_one_runs_and_the_other_waits_and_finds_it_done() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let (one, two) =
        (Store::open(&database.owner_url, 1).await.unwrap(), Store::open(&database.owner_url, 1).await.unwrap());
    let (one, two) = tokio::join!(one.migrate(), two.migrate());
    let mut counts = [one.unwrap().len(), two.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 18]);
}

#[tokio::test]
async fn a_ledger_with_rows_comes_out_in_months_with_all_of_them_and_the_rights_to_it() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let mut owner = migrated_to(&database, "0015").await;
    let tenant: TenantId = id();
    sqlx::raw_sql(fill(tenant, 300)).execute(&mut owner).await.unwrap();
    let sums = "SELECT COUNT(*) || ' ' || SUM(units) || ' ' || MIN(started_at) || ' ' || MAX(call_id) FROM calls";
    let before = texts(&mut owner, sums).await;

    let applied = Store::open(&database.owner_url, 1).await.unwrap().migrate().await.unwrap();
    assert_eq!(applied, ["0015_partitions", "0016_key_rotations", "0017_connection_ends", "0018_notices"]);
    assert_eq!(texts(&mut owner, sums).await, before);
    let used = texts(&mut owner, "SELECT DISTINCT tableoid::regclass::text FROM calls").await;
    assert!((15..=16).contains(&used.len()) && !used.contains(&"calls_rest".into()), "{used:?}");
    // As it was, before anybody is granted anything.
    let app = Store::open(&database.app_url, 1).await.unwrap();
    let calls = app.tenant(tenant).list_calls(&CallFilter { limit: 1_000, ..CallFilter::default() }).await.unwrap();
    assert_eq!(calls.len(), 300);
    assert!(calls.is_sorted_by(|newer, older| newer.started_at >= older.started_at));
}

#[tokio::test]
async fn a_migration_that_meets_a_held_table_says_so_soon_and_leaves_nothing_half_done() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let mut owner = migrated_to(&database, "0015").await;
    let tenant: TenantId = id();
    sqlx::raw_sql(fill(tenant, 30)).execute(&mut owner).await.unwrap();
    // A report that reads the ledger, say.
    let mut other = PgConnection::connect(&database.owner_url).await.unwrap();
    let mut reading = other.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE calls IN ACCESS SHARE MODE").execute(&mut *reading).await.unwrap();

    let store = Store::open(&database.owner_url, 1).await.unwrap();
    let began = Instant::now();
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::TableHeld { version: 15 }), "{error}");
    assert!(error.to_string().contains("run `turnpike migrate` again"), "{error}");
    assert!((4..10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let version = "SELECT MAX(version)::text FROM _sqlx_migrations";
    assert_eq!(texts(&mut owner, version).await, ["14"]);
    assert_eq!(
        texts(&mut owner, "SELECT relkind::text FROM pg_class WHERE relname LIKE 'calls%' AND relkind IN ('r', 'p')")
            .await,
        ["r"]
    );
    assert_eq!(texts(&mut owner, "SELECT COUNT(*)::text FROM calls").await, ["30"]);

    // Nothing is left that the next one would wait for.
    reading.rollback().await.unwrap();
    let again = tokio::time::timeout(Duration::from_secs(20), store.migrate()).await.unwrap();
    assert_eq!(again.unwrap(), ["0015_partitions", "0016_key_rotations", "0017_connection_ends", "0018_notices"]);
}

#[tokio::test]
async fn whoever_was_told_something_before_all_notices_had_one_table_is_not_told_again() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let mut owner = migrated_to(&database, "0018").await;
    let (tenant, connection): (TenantId, ConnectionId) = (id(), id());
    sqlx::raw_sql(AssertSqlSafe(format!(
        "INSERT INTO tenants (id, name, state, created_at) VALUES ('{tenant}', 'Acme', 'active', 1);
         INSERT INTO connections (tenant_id, id, integration, sandbox, accounts_json, state, created_at, updated_at)
         VALUES ('{tenant}', '{connection}', 'google-ads', FALSE, '[]', 'ok', 1, 1);
         INSERT INTO connection_reminders VALUES ('{tenant}', '{connection}', 9, 14, '[\"ann\"]', 5, NULL);
         INSERT INTO billing_notices VALUES ('{tenant}', 'budget/80', 7)"
    )))
    .execute(&mut owner)
    .await
    .unwrap();
    let operator = Store::open(&database.owner_url, 1).await.unwrap();
    operator.migrate().await.unwrap();
    operator.grant_application_role("turnpike_app").await.unwrap();
    let app = Store::open(&database.app_url, 1).await.unwrap();
    assert_eq!(
        app.system().list_told_notices(Timestamp::from_micros(0)).await.unwrap(),
        [(tenant, "budget/80".into())].into()
    );
    let half_told = app.tenant(tenant).take_notice(&format!("connection/{connection}/9/14"), NOW, NOW).await.unwrap();
    assert_eq!(half_told, Some(vec!["ann".into()]));
}

#[tokio::test]
async fn a_server_that_meets_a_held_table_gives_up_after_five_seconds_and_serves_on() {
    let it = crate::deployment::Deployment::postgres(2).await;
    let mut owner = PgConnection::connect(&it.urls().owner_url).await.unwrap();
    let mut holding = owner.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE connections IN ACCESS EXCLUSIVE MODE").execute(&mut *holding).await.unwrap();
    let began = Instant::now();
    let error = it.ours.list_connections().await.unwrap_err();
    assert!(error.to_string().contains("lock timeout"), "{error}");
    assert!((4..10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    it.ours.list_api_keys().await.unwrap();
    holding.rollback().await.unwrap();
    it.ours.list_connections().await.unwrap();
}
