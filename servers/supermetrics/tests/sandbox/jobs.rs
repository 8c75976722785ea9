//! Queries that take longer than a call.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use turnpike_core::Clock as _;
use turnpike_sdk::ToolError;

use crate::bench::{ARCHIVE, Bench, NOW, OUTDOOR, WHOLESALE, week, with};

fn job_of(answer: &Value) -> Value {
    assert_eq!(answer["status"], "pending", "{answer}");
    assert!(answer["poll_after_seconds"].is_u64() && answer.get("rows").is_none());
    json!({ "job_id": answer["job_id"] })
}

fn sent(bench: &Bench) -> Vec<Value> {
    let posts = bench.script.recorded().into_iter().filter(|request| request.uri.path().ends_with("/data/json"));
    posts.map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

#[tokio::test]
async fn a_slow_query_is_polled_while_the_time_lasts_then_goes_on_in_get_job() {
    let bench = Bench::connected().await;
    let pending = bench.ok("get_performance", week(ARCHIVE)).await;
    let job = job_of(&pending);
    let waited = bench.clock.now().since(NOW).as_secs();
    assert!((30..45).contains(&waited), "waited {waited} s of 45");

    let mut done = bench.ok("get_job", job.clone()).await;
    assert_eq!(done["job_id"], job["job_id"], "the id stays the same");
    for _ in 0..2 {
        done = bench.ok("get_job", job.clone()).await;
    }
    assert_eq!((&done["status"], &done["page"]["shown"]), (&json!("done"), &json!(12)));
    let sum: i64 = done["rows"].as_array().expect("rows").iter().filter_map(|row| row["cost_micros"].as_i64()).sum();
    assert_eq!(done["totals"]["cost_micros"], sum);

    let sent = sent(&bench);
    let fresh: Vec<_> = sent.iter().filter(|query| query.get("schedule_id").is_none()).collect();
    assert_eq!(fresh.len(), 2, "rows and totals are started once");
    assert!(fresh.iter().all(|query| query["sync_timeout"].as_u64().is_some_and(|wait| (1..40).contains(&wait))));
    assert!(sent.iter().filter(|query| query.get("schedule_id").is_some()).all(|q| q.get("sync_timeout").is_none()));
    let polls = sent.len() - fresh.len();
    assert!(polls < 80, "{polls} polls in 90 seconds for two queries");
}

#[tokio::test]
async fn in_the_background_it_answers_at_once_and_the_result_is_fetched_page_by_page() {
    let bench = Bench::connected().await;
    let fields = json!({ "fields": ["CampaignId", "Date", "Cost"], "background": true, "max_rows": 1000 });
    let before = bench.script.received();
    let pending = bench.ok("run_query", with(week(WHOLESALE), fields)).await;
    let job = job_of(&pending);
    assert_eq!((bench.clock.now(), bench.script.received() - before), (NOW, 1));
    let rows = bench.all_rows("get_job", "rows", job).await;
    let distinct: std::collections::BTreeSet<_> = rows.iter().map(Value::to_string).collect();
    assert_eq!((rows.len(), distinct.len()), (400 * 7, 400 * 7));
}

#[tokio::test]
async fn a_job_opens_for_its_caller_only_and_not_when_its_account_has_left_the_list() {
    let mut bench = Bench::connected().await;
    let pending = bench.ok("get_performance", week(ARCHIVE)).await;
    let job = job_of(&pending);
    let before = bench.script.received();

    bench.principal = "somebody else";
    for job_id in [job["job_id"].clone(), json!("invented"), json!("")] {
        match bench.read("get_job", json!({ "job_id": job_id })).await {
            Err(ToolError::Argument(error)) => assert_eq!(error.field, "job_id"),
            other => panic!("{other:?}"),
        }
    }
    bench.principal = "tests";
    bench.accounts.retain(|account| account.id.as_str() != ARCHIVE);
    match bench.read("get_job", job).await {
        Err(ToolError::Refused { reason, .. }) => assert!(reason.contains(ARCHIVE), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.script.received(), before, "nothing was sent for any of them");
}

#[tokio::test]
async fn a_result_that_the_vendor_no_longer_keeps_is_told_as_such() {
    let bench = Bench::connected().await;
    let pending = bench.ok("run_query", with(week(OUTDOOR), json!({ "fields": ["Cost"], "background": true }))).await;
    let job = job_of(&pending);
    Arc::clone(&bench.clock).advance(Duration::from_secs(2 * 3600));
    match bench.read("get_job", job.clone()).await {
        Err(ToolError::Refused { reason, .. }) => assert!(reason.contains("an hour"), "{reason}"),
        other => panic!("{other:?}"),
    }
    bench.clock.advance(Duration::from_secs(4 * 3600));
    assert!(matches!(bench.read("get_job", job).await, Err(ToolError::Argument(_))), "the id itself has ended");
}

#[tokio::test]
async fn a_pause_never_outlasts_the_call() {
    let bench = Bench::connected().await;
    for _ in 0..3 {
        // The bench panics when a wait would pass the deadline.
        bench.ok("get_performance", week(ARCHIVE)).await;
    }
}
