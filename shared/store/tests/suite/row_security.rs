//! PostgreSQL's own guard, behind the one in our statements.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use turnpike_core::LeastRole;
use turnpike_store::{LinkPurpose, Store, StoreError};
use turnpike_testkit::Postgres;

use crate::{
    deployment::Deployment,
    samples::{
        AUDIT_KEY, NOW, announcement, api_key, approval, arguments, attempt, audit_event, authorization, call,
        connected, credential, data_key, grant, id, intent, job, joined, link, policy, preview, previewed, secret,
        service_agent, session, target, tool_policy, visit,
    },
    samples_of_money::{furnish_money, payment_event, price_version, proof},
    work::process,
};

async fn values(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}

/// Those that the application may name; the parts of one are asked through it.
async fn tables(connection: &mut PgConnection) -> Vec<String> {
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
                  AND NOT relispartition AND relname <> '_sqlx_migrations'";
    values(connection, tables).await
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    let (count,): (i64,) = sqlx::query_as(sql).fetch_one(connection).await.unwrap();
    count
}

/// A row in every table.
async fn furnish(it: &Deployment) {
    let connection = connected(&it.ours).await;
    it.ours.insert_api_key(&api_key(id(), 1)).await.unwrap();
    it.ours.insert_credential(&credential(connection)).await.unwrap();
    it.ours.insert_data_key(&data_key(1)).await.unwrap();
    it.ours.set_write_policy(connection, &policy(1)).await.unwrap();
    let preview = previewed(&it.ours, &preview(connection)).await;
    assert!(it.ours.claim_preview(&preview, &intent(connection, id())).await.unwrap());
    it.ours.insert_job(&job(connection), 9).await.unwrap();
    it.ours.request_approval(&approval(preview.id)).await.unwrap();
    it.store.system().insert_calls(&[call(it.our_id)]).await.unwrap();
    it.store.system().insert_secret_if_absent(&secret("pepper")).await.unwrap();
    it.store.system().begin_key_rotation(None, NOW).await.unwrap();
    it.ours.set_tool_policy(&tool_policy("google-ads/*", LeastRole::Owner)).await.unwrap();
    it.store.system().switch_off(id(), &target(Some(it.our_id), None, None), "unpaid", "desk", NOW).await.unwrap();
    it.ours.append_audit(&AUDIT_KEY, &audit_event("key.made", NOW)).await.unwrap();
    it.ours.insert_authorization(&authorization(1)).await.unwrap();
    let (system, person) = (it.store.system(), joined(&it.store, &it.ours).await);
    system.insert_session(&session(person, 1)).await.unwrap();
    system.insert_link(&link(Some(it.our_id), LinkPurpose::Invitation, 1)).await.unwrap();
    it.ours.insert_visit(&visit(person, NOW)).await.unwrap();
    system.insert_call_arguments(&[arguments(it.our_id)]).await.unwrap();
    system.set_brand("*", "{}", "desk", NOW).await.unwrap();
    system.insert_announcement(&announcement(NOW)).await.unwrap();
    it.ours.insert_grant(&grant(person, 1)).await.unwrap();
    it.ours.insert_service_agent(&service_agent()).await.unwrap();
    system.insert_connect_attempt(&attempt(Some(it.our_id))).await.unwrap();
    furnish_money(&it.store, &it.ours, "ours").await;
    system.insert_price_version(&price_version(1)).await.unwrap();
    system.insert_payment_event(&payment_event("evt_1")).await.unwrap();
    system.insert_proof(&proof()).await.unwrap();
    system.add_work("test.once", "", Duration::ZERO).await.unwrap();
    system.announce_process(&process()).await.unwrap();
}

#[tokio::test]
async fn every_table_is_guarded_by_a_policy_that_reads_and_writes() {
    let it = Deployment::postgres(1).await;
    let mut owner = PgConnection::connect(&it.urls().owner_url).await.unwrap();
    let guarded = "SELECT relname::text FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid WHERE relrowsecurity \
                   AND relforcerowsecurity AND polcmd = '*' AND polqual IS NOT NULL AND polwithcheck IS NOT NULL AND NOT relispartition";
    let (mut guarded, mut all) = (values(&mut owner, guarded).await, tables(&mut owner).await);
    guarded.sort();
    all.sort();
    assert_eq!(guarded, all);
    assert_eq!(all.len(), 43);
}

#[tokio::test]
async fn without_a_tenant_the_application_sees_nothing_and_writes_nothing() {
    let it = Deployment::postgres(2).await;
    furnish(&it).await;
    let mut app = PgConnection::connect(&it.urls().app_url).await.unwrap();
    for empty in [false, true] {
        if empty {
            // What a connection is left with once a transaction has set it.
            sqlx::raw_sql("SET app.tenant_id = ''; SET app.system = ''").execute(&mut app).await.unwrap();
        }
        for table in tables(&mut app).await {
            assert_eq!(count(&mut app, &table).await, 0, "{table}");
        }
    }
    let insert = "INSERT INTO tenants (id, name, state, created_at) VALUES ('x', 'x', 'active', 0)";
    let error = sqlx::raw_sql(insert).execute(&mut app).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
}

#[tokio::test]
async fn a_statement_that_forgets_the_tenant_still_sees_only_its_rows() {
    let it = Deployment::postgres(2).await;
    furnish(&it).await;
    let mut app = PgConnection::connect(&it.urls().app_url).await.unwrap();
    for (tenant, expected) in [(it.our_id, 1), (it.their_id, 0)] {
        let mut transaction = app.begin().await.unwrap();
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(tenant.to_string())
            .execute(&mut *transaction)
            .await
            .unwrap();
        for table in tables(&mut transaction).await {
            let expected = match table.as_str() {
                "tenants" => 1,
                "secrets" | "kill_switches" | "people" | "sessions" | "brands" | "announcements" | "signing_keys"
                | "oauth_clients" | "payment_events" | "price_versions" | "processes" | "proofs" | "key_rotations"
                | "work_items" => 0,
                // Two calls that cost something are in one batch.
                "calls" | "batched_calls" => 2 * expected,
                _ => expected,
            };
            assert_eq!(count(&mut transaction, &table).await, expected, "{table}");
        }
        let update = sqlx::raw_sql("UPDATE connections SET reason = 'x'").execute(&mut *transaction).await.unwrap();
        assert_eq!(update.rows_affected(), u64::try_from(expected).unwrap());
    }
}

/// Refuses an insert whose transaction acts for more than it should: a tenant's as the system, or the system's as a tenant.
const WATCH: &str = "
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acts_as text := coalesce(current_setting('app.system', true), '') || coalesce(current_setting('app.tenant_id', true), '');
BEGIN
    IF acts_as <> coalesce(to_jsonb(NEW) ->> 'tenant_id', 'on') THEN
        RAISE EXCEPTION 'acts as %', acts_as;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER watch BEFORE INSERT ON secrets FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT ON data_keys FOR EACH ROW EXECUTE FUNCTION watch();";

#[tokio::test]
async fn one_connection_in_turn_never_carries_a_tenant_or_the_system_over() {
    let it = Deployment::postgres(1).await;
    furnish(&it).await;
    it.run_as_owner(WATCH).await.unwrap();
    let (system, row) = (it.store.system(), call(it.our_id));
    system.insert_calls(std::slice::from_ref(&row)).await.unwrap();
    for round in 2..10 {
        for tenant in [&it.ours, &it.theirs] {
            assert!(tenant.insert_data_key(&data_key(round)).await.unwrap());
            // Fails in the middle of its transaction.
            let taken = tenant.insert_api_key(&api_key(id(), 1)).await;
            assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
            system.insert_secret_if_absent(&secret(&round.to_string())).await.unwrap();
            let twice = system.insert_calls(std::slice::from_ref(&row)).await;
            assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
            // Nobody waits for its end.
            tokio::time::timeout(Duration::from_micros(300), tenant.list_connections()).await.ok();
        }
    }
}

#[tokio::test]
async fn the_application_changes_neither_the_ledger_nor_the_audit_log() {
    let it = Deployment::postgres(2).await;
    furnish(&it).await;
    let mut app = PgConnection::connect(&it.urls().app_url).await.unwrap();
    sqlx::raw_sql("SET app.system = 'on'").execute(&mut app).await.unwrap();
    let refused = [
        "UPDATE calls SET price = 0",
        "UPDATE usage_batches SET units = 0",
        "UPDATE batched_calls SET sequence = 7",
        "UPDATE credits SET amount = 0",
        "UPDATE price_versions SET book_json = ''",
        "DELETE FROM usage_batches",
        "DELETE FROM invoices",
        "UPDATE audit_events SET actor = 'nobody'",
        "UPDATE secrets SET wrapped = ''",
        "DELETE FROM calls",
        "DELETE FROM audit_events",
        "DELETE FROM secrets",
        "DELETE FROM tenants",
        "TRUNCATE calls",
        "CREATE TABLE mine (id int)",
    ];
    for sql in refused {
        let error = sqlx::raw_sql(sql).execute(&mut app).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn roles_that_the_guard_would_not_hold_are_refused() {
    let it = Deployment::postgres(1).await;
    let urls = it.urls();
    for (url, expected) in [(&urls.admin_url, "is a superuser"), (&urls.owner_url, "owns tables")] {
        let error = Store::open(url, 1).await.unwrap().check().await.unwrap_err();
        assert!(matches!(error, StoreError::RoleTooPowerful { power, .. } if power == expected), "{error}");
    }
    it.store.check().await.unwrap();
}

#[tokio::test]
async fn a_table_that_is_not_guarded_is_reported_and_the_next_migration_guards_it() {
    let it = Deployment::postgres(1).await;
    it.run_as_owner("CREATE TABLE notes (tenant_id TEXT NOT NULL)").await.unwrap();
    let error = it.store.check().await.unwrap_err();
    assert!(matches!(&error, StoreError::Unguarded { table } if table == "notes"), "{error}");
    Store::open(&it.urls().owner_url, 1).await.unwrap().migrate().await.unwrap();
    it.store.check().await.unwrap();
}

#[tokio::test]
async fn a_role_of_any_name_gets_the_grants() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let mut admin = PgConnection::connect(&database.admin_url).await.unwrap();
    let role = format!("od\"d role {}", std::process::id());
    let sql = format!("CREATE ROLE \"{}\"", role.replace('"', "\"\""));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    let owner = Store::open(&database.owner_url, 1).await.unwrap();
    owner.migrate().await.unwrap();
    owner.grant_application_role(&role).await.unwrap();
    owner.grant_application_role(&role).await.unwrap();
    let (may,): (bool,) = sqlx::query_as("SELECT has_table_privilege($1, 'calls', 'INSERT')")
        .bind(&role)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert!(may);
}
