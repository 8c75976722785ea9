//! A ledger of two years: 400 tenants, of whom one makes a tenth of all calls and most few.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use turnpike_core::{Ambient, CallId, Clock as _, SystemClock, TenantId, Timestamp};
use turnpike_store::Store;
use turnpike_testkit::TestDatabase;

const TENANTS: usize = 400;
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
const YEARS: Duration = Duration::from_secs(730 * 86_400);

/// What there is to ask about.
pub(crate) struct Ledger {
    pub(crate) now: Timestamp,
    /// The tenant with a tenth of all calls.
    pub(crate) large: TenantId,
    /// A call of it from a year ago, and its trace.
    pub(crate) old: (CallId, String),
}

/// Which of a call's columns follow from its number `n`, its tenant's number `t` and its instant `at`.
const CALLS: &str = "
INSERT INTO calls (call_id, tenant_id, connection_id, principal, client, integration, tool, outcome, class, list_price, price,
    currency, units, price_version, started_at, duration_micros, upstream_requests, answer_rows, steps, arguments_digest, trace_id,
    sandbox)
SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-' || substr(m, 7, 12),
    tenants[t], connections[t], 'key:' || substr(md5(t || '.' || (random() ^ 3 * 12)::int), 1, 36), 'claude',
    (ARRAY['google-ads', 'google-ads', 'meta-ads', 'amazon-ads', 'linkedin-ads', 'supermetrics'])[1 + n % 6],
    CASE WHEN n % 997 = 0 THEN 'revert_change' WHEN n % 97 = 0 THEN 'set_budget' ELSE
        (ARRAY['get_performance', 'list_campaigns', 'list_accounts', 'run_query'])[1 + (random() * 3)::int] END,
    o, CASE WHEN o <> 'success' THEN 'rate_storm' END, 4000, CASE WHEN o = 'success' THEN 4000 ELSE 0 END, 'USD',
    CASE WHEN o = 'success' THEN 4 ELSE 0 END, 0, at, (50000 / (random() + 0.01))::bigint, 1 + n % 3, n % 50,
    '[{\"host\":\"api.example.com\",\"method\":\"POST\",\"path\":\"/v24/customers/1000000002/search\",\"status\":200,\"micros\":51234}]',
    m || m, CASE WHEN n % 10 < 3 THEN md5(n::text || 't') END, n % 20 = 0
FROM (SELECT n, 1 + CASE WHEN random() < 0.1 THEN 0 ELSE (399 * random() ^ 3)::int END AS t, since + n * step AS at,
        lpad(to_hex((since + n * step) / 1000), 12, '0') AS h, md5(n::text) AS m,
        CASE WHEN n % 12 <> 7 THEN 'success' ELSE (ARRAY['throttled', 'upstream_fault', 'caller_fault', 'pending', 'replayed', 'our_fault'])[1 + (random() * 5)::int] END AS o
    FROM generate_series(1, ROWS::bigint) AS n, (SELECT SINCE::bigint AS since, STEP::bigint AS step) AS clock) AS made,
    (SELECT array_agg(tenant_id ORDER BY n) AS tenants, array_agg(id ORDER BY n) AS connections
     FROM (SELECT row_number() OVER (ORDER BY tenant_id) AS n, tenant_id, id FROM connections) AS numbered) AS known";

/// Usage of the last weeks in batches, and an intent for each write.
const BATCHES: &str = "
INSERT INTO batched_calls (tenant_id, call_id, window_start, sequence)
    SELECT tenant_id, call_id, started_at - started_at % 3600000000, 0 FROM calls
    WHERE started_at >= NOW - 45 * 86400000000 AND started_at < NOW - NOW % 3600000000 - 3600000000 AND units > 0;
INSERT INTO usage_batches (tenant_id, window_start, sequence, window_end, units, calls, state, identifier, sealed_at, next_attempt_at)
    SELECT tenant_id, window_start, 0, window_start + 3600000000, SUM(units), COUNT(*), 'accepted', gen_random_uuid()::text, 0, 0
    FROM batched_calls JOIN calls USING (tenant_id, call_id) WHERE started_at >= NOW - 45 * 86400000000 GROUP BY 1, 2;
INSERT INTO write_intents (tenant_id, call_id, connection_id, principal, integration, tool, arguments_digest, started_at)
    SELECT tenant_id, call_id, connection_id, principal, integration, tool, arguments_digest, started_at + 1500000 FROM calls
    WHERE tool = 'set_budget';";

impl Ledger {
    pub(crate) async fn fill(database: &TestDatabase, owner: &Store, rows: u64) -> Self {
        let (now, ambient) = (SystemClock.now(), Ambient::system());
        let mut month = now.minus(YEARS);
        while month < now {
            owner.system().make_partitions(month).await.unwrap();
            month = month.plus(28 * DAY);
        }
        let mut admin = PgConnection::connect(&database.admin_url).await.unwrap();
        let micros = u64::try_from(YEARS.as_micros()).unwrap();
        let make = format!(
            "INSERT INTO tenants (id, name, state, created_at) SELECT id, 'tenant', 'active', 0 FROM unnest(ARRAY['{}']) AS id;
             INSERT INTO connections (tenant_id, id, integration, sandbox, accounts_json, state, created_at, updated_at)
             SELECT id, gen_random_uuid()::text, 'google-ads', false, '[]', 'ok', 0, 0 FROM tenants",
            (0..TENANTS).map(|_| ambient.id::<TenantId>().to_string()).collect::<Vec<_>>().join("', '"),
        );
        run(&mut admin, &make).await;
        // Indexes are built at the end: that takes a third of the time, and leaves them as dense as a REINDEX does.
        let indexes =
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'calls'::regclass AND NOT indisprimary";
        let indexes: Vec<String> = sqlx::query_scalar(indexes).fetch_all(&mut admin).await.unwrap();
        let unlogged = "SELECT format('ALTER TABLE %s SET UNLOGGED', inhrelid::regclass) FROM pg_inherits \
                        WHERE inhparent = 'calls'::regclass";
        let unlogged: Vec<String> = sqlx::query_scalar(unlogged).fetch_all(&mut admin).await.unwrap();
        run(&mut admin, "ALTER TABLE calls DROP CONSTRAINT calls_pkey").await;
        for index in &indexes {
            let name = index.split(' ').nth(2).unwrap();
            run(&mut admin, &format!("DROP INDEX {name}")).await;
        }
        for table in &unlogged {
            run(&mut admin, table).await;
        }
        let calls = CALLS
            .replace("ROWS", &rows.to_string())
            .replace("SINCE", &now.minus(YEARS).micros().to_string())
            .replace("STEP", &(micros / rows).to_string());
        run(&mut admin, &calls).await;
        run(&mut admin, "ALTER TABLE calls ADD PRIMARY KEY (tenant_id, call_id, started_at)").await;
        for index in &indexes {
            run(&mut admin, &index.replace(" ON ONLY ", " ON ")).await;
        }
        run(&mut admin, "ANALYZE").await;
        run(&mut admin, &BATCHES.replace("NOW", &now.micros().to_string())).await;
        run(&mut admin, "VACUUM ANALYZE").await;

        let large =
            "SELECT tenant_id, (array_agg(connection_id))[1] FROM calls GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1";
        let (large,): (String,) = sqlx::query_as(large).fetch_one(&mut admin).await.unwrap();
        let old = "SELECT call_id, trace_id FROM calls WHERE tenant_id = $1 AND started_at > $2 AND trace_id IS NOT NULL \
                   AND outcome = 'success' ORDER BY started_at LIMIT 1";
        let old = sqlx::query_as(old).bind(&large).bind(now.minus(365 * DAY).micros());
        let (call, trace): (String, String) = old.fetch_one(&mut admin).await.unwrap();
        let old = (call.parse().unwrap(), trace);
        Self { now, large: large.parse().unwrap(), old }
    }
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let began = std::time::Instant::now();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
    if began.elapsed() > Duration::from_secs(5) {
        println!("{:>5} s  {}", began.elapsed().as_secs(), sql.trim().lines().next().unwrap_or_default());
    }
}
