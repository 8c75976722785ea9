//! The ledger's months on PostgreSQL: each is guarded as the ledger is, and made by a role that may make nothing else.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use turnpike_core::Timestamp;
use turnpike_store::{CallFilter, CallRow};

use crate::{
    deployment::Deployment,
    samples::{NOW, call},
};

const DAY: u64 = 86_400;

const PARTS: &str = "SELECT relname::text FROM pg_class JOIN pg_inherits ON inhrelid = oid \
                     WHERE inhparent = 'calls'::regclass AND relkind = 'r' ORDER BY 1";

fn at(days: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(days * DAY))
}

fn call_at(it: &Deployment, started_at: Timestamp) -> CallRow {
    CallRow { started_at, ..call(it.our_id) }
}

async fn parts_with(it: &Deployment, what: &str) -> Vec<String> {
    it.values_as_owner(&PARTS.replace(" ORDER BY", &format!(" AND {what} ORDER BY"))).await
}

#[tokio::test]
async fn the_application_makes_the_months_to_come_once_and_owns_none() {
    let it = Deployment::postgres(4).await;
    let system = it.store.system();
    let (now, later) = (at(400), at(430));
    let (first, second) = tokio::join!(system.make_partitions(now), system.make_partitions(now));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.len() + second.len(), first.is_empty() || second.is_empty()), (4, true), "{first:?} {second:?}");
    assert!(first.iter().chain(&second).all(|month| month.made));
    let one_more = system.make_partitions(later).await.unwrap();
    assert_eq!(one_more.len(), 1, "{one_more:?}");
    assert_eq!(parts_with(&it, "relowner = 'turnpike_app'::regrole").await, Vec::<String>::new());
    it.store.check().await.unwrap();

    let wild = system.make_partitions(Timestamp::from_micros(i64::MAX / 2)).await.unwrap_err();
    assert!(wild.to_string().contains("ten years"), "{wild}");
    it.run_as_owner("DROP FUNCTION make_call_partitions(BIGINT, BIGINT)").await.unwrap();
    assert!(system.make_partitions(now).await.is_err());
}

#[tokio::test]
async fn every_part_has_its_guard_its_trigger_and_all_indexes() {
    let it = Deployment::postgres(2).await;
    it.store.system().make_partitions(at(800)).await.unwrap();
    let parts = it.values_as_owner(PARTS).await;
    assert!(parts.len() >= 9 && parts.contains(&"calls_rest".into()), "{parts:?}");
    for what in [
        "relrowsecurity AND relforcerowsecurity",
        "EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid AND polcmd = '*' AND polwithcheck IS NOT NULL)",
        "EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgfoid = 'refuse_change'::regproc)",
        "(SELECT COUNT(*) FROM pg_index WHERE indrelid = pg_class.oid AND indisvalid) \
         = (SELECT COUNT(*) FROM pg_index WHERE indrelid = 'calls'::regclass AND indisvalid)",
    ] {
        assert_eq!(parts_with(&it, what).await, parts, "{what}");
    }
}

#[tokio::test]
async fn a_part_read_by_its_own_name_shows_a_tenant_its_rows_and_nobody_changes_it() {
    let it = Deployment::postgres(2).await;
    let month = it.store.system().make_partitions(at(800)).await.unwrap().remove(0).name;
    it.store
        .system()
        .insert_calls(&[call_at(&it, at(800)), CallRow { started_at: at(800), ..call(it.their_id) }])
        .await
        .unwrap();
    for table in [month.as_str(), "calls_rest"] {
        let mut app = PgConnection::connect(&it.urls().app_url).await.unwrap();
        let count = format!("SELECT COUNT(*) FROM {table}");
        let count = || sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(count.clone()));
        let refused = count().fetch_one(&mut app).await.unwrap_err();
        assert!(refused.to_string().contains("permission denied"), "{refused}");

        // Somebody gives it away by mistake.
        it.run_as_owner(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO turnpike_app")).await.unwrap();
        assert_eq!(count().fetch_one(&mut app).await.unwrap(), 0, "without a tenant");
        let mut transaction = app.begin().await.unwrap();
        let act = format!("SET LOCAL app.tenant_id = '{}'", it.our_id);
        sqlx::raw_sql(sqlx::AssertSqlSafe(act)).execute(&mut *transaction).await.unwrap();
        assert_eq!(count().fetch_one(&mut *transaction).await.unwrap(), i64::from(table == month), "with one");
        transaction.rollback().await.unwrap();
        for sql in ["UPDATE {} SET price = 0", "DELETE FROM {}", "TRUNCATE {}"] {
            let error = it.run_as_owner(&sql.replace("{}", table)).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_call_of_no_month_is_kept_and_found_and_its_month_is_reported_and_not_made() {
    let it = Deployment::postgres(2).await;
    let (system, stray) = (it.store.system(), call_at(&it, at(1_500)));
    system.insert_calls(&[stray.clone(), call_at(&it, Timestamp::from_micros(0))]).await.unwrap();
    assert_eq!(it.values_as_owner("SELECT COUNT(*)::text FROM calls_rest").await, ["2"]);
    let missing = system.make_partitions(at(1_470)).await.unwrap();
    let stands = |month: &turnpike_store::MissingMonth| (month.made, month.name.clone());
    assert_eq!(
        missing.iter().filter(|month| !month.made).count(),
        1,
        "{:?}",
        missing.iter().map(stands).collect::<Vec<_>>()
    );
    assert_eq!(missing.len(), 4, "the others are made");
    assert_eq!(it.ours.find_call(stray.call_id).await.unwrap().as_ref(), Some(&stray));
    let listed = it.ours.list_calls(&CallFilter { limit: 9, ..CallFilter::default() }).await.unwrap();
    assert_eq!((listed.len(), &listed[0]), (2, &stray));
}
