//! `kill -9` between the beginning of long work and its end: whoever began it gets its result from the next server, and pays
//! once.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use turnpike_core::Outcome;
use turnpike_store::CallFilter;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Caller, Deployment, PATIENCE, Vendor};

const SERVER: &str = "supermetrics";

async fn ordeal(deployment: Deployment, vendor: &Vendor) {
    let tenant = deployment.add_tenant().await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    deployment.connect(tenant, vendor).await;
    let query = json!({ "account_id": "AW:1000000002", "fields": ["Campaignname", "Clicks"], "background": true,
                        "start_date": "2026-11-01", "end_date": "2026-11-07" });

    let server = deployment.serve().await;
    let pending = caller.at_integration(SERVER, &server).call("run_query", &query).await.unwrap();
    assert_eq!(pending.field("status"), Some("pending"), "{}", pending.json());
    let job = json!({ "job_id": pending.field("job_id").unwrap() });
    server.kill();
    assert!(deployment.jobs(tenant).await.contains("pending    supermetrics/run_query"));

    let server = deployment.serve().await;
    let caller = caller.at_integration(SERVER, &server);
    let deadline = Instant::now() + PATIENCE;
    let done = loop {
        let answer = caller.call("get_job", &job).await.unwrap();
        assert_eq!(answer.class(), None, "{}", answer.json());
        if answer.field("status") == Some("done") {
            break answer;
        }
        assert!(Instant::now() < deadline, "{}", answer.json());
        sleep(Duration::from_millis(100)).await;
    };
    assert!(done.json().contains("Brand search"), "{}", done.json());
    server.kill();

    // The result itself is kept too.
    let server = deployment.serve().await;
    let caller = caller.at_integration(SERVER, &server);
    let again = caller.call("get_job", &job).await.unwrap();
    assert_eq!(again.field("status"), Some("done"));
    let filter = CallFilter { limit: 1000, ..CallFilter::default() };
    let calls = deployment.store().await.tenant(tenant).list_calls(&filter).await.unwrap();
    let count = |outcome| calls.iter().filter(|call| call.outcome == outcome).count();
    assert_eq!((count(Outcome::Success), count(Outcome::Replayed)), (1, 1));
    assert_eq!(count(Outcome::Pending), calls.len() - 2);
    assert_eq!(calls.iter().map(|call| call.price.0).sum::<i64>(), 10_000, "paid for once");
    assert!(deployment.jobs(tenant).await.contains("supermetrics/run_query, delivered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_begun_before_kill_9_is_delivered_by_the_next_server_on_both_databases() {
    let integration = turnpike_catalog::integrations().into_iter().find(|it| it.manifest.name == SERVER).unwrap();
    let vendor = Vendor::of(&integration).await;
    let settings = vendor.settings();
    ordeal(Deployment::on_sqlite(&settings), &vendor).await;
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    ordeal(Deployment::on_postgres(&database, &settings).await, &vendor).await;
}
