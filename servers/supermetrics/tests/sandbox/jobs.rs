//! Queries that take longer than a call.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use turnpike_core::Clock as _;
use turnpike_sdk::{Prepared, PreparedLong, Progress, ToolError};

use crate::bench::{ARCHIVE, Bench, NOW, WHOLESALE, connected, week, with};

fn sent(bench: &Bench) -> Vec<Value> {
    let posts = bench.script.recorded().into_iter().filter(|request| request.uri.path().ends_with("/data/json"));
    posts.map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

fn work(bench: &Bench, tool: &str, arguments: &Value) -> Box<dyn PreparedLong> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    match bench.integration.find_tool(tool).expect("a tool").prepare(arguments) {
        Ok(Prepared::Long { work, .. }) => work,
        _ => panic!("{tool} is no long tool"),
    }
}

#[tokio::test]
async fn a_slow_query_is_started_once_and_looked_at_until_its_rows_are_there() {
    let bench = connected().await;
    let done = bench.ok("get_performance", week(ARCHIVE)).await;
    let took = bench.clock.now().since(NOW).as_secs();
    assert!((90..100).contains(&took), "it took {took} s");
    assert_eq!(done["page"]["shown"], 12);
    let sum: f64 = done["rows"].as_array().expect("rows").iter().filter_map(|row| row["cost"].as_f64()).sum();
    assert!((done["totals"]["cost"].as_f64().expect("a total") - sum).abs() < 1e-6);

    let sent = sent(&bench);
    let fresh: Vec<_> = sent.iter().filter(|query| query.get("schedule_id").is_none()).collect();
    assert_eq!(fresh.len(), 2, "rows and totals are started once");
    assert!(fresh.iter().all(|query| query["sync_timeout"].as_u64().is_some_and(|wait| (1..40).contains(&wait))));
    assert!(sent.iter().filter(|query| query.get("schedule_id").is_some()).all(|q| q.get("sync_timeout").is_none()));
    let looks = sent.len() - fresh.len();
    assert!(looks < 80, "{looks} looks in 90 seconds for two queries");
}

#[tokio::test]
async fn pages_of_a_query_that_took_long_are_cut_from_its_one_result() {
    let bench = connected().await;
    let fields = json!({ "fields": ["CampaignId", "Date", "Cost"], "max_rows": 5 });
    let slow = bench.all_rows("run_query", "rows", with(week(ARCHIVE), &fields)).await;
    assert_eq!(slow.len(), 12 * 7);
    let fields = json!({ "fields": ["CampaignId", "Date", "Cost"], "max_rows": 1000 });
    let rows = bench.all_rows("run_query", "rows", with(week(WHOLESALE), &fields)).await;
    let distinct: BTreeSet<_> = rows.iter().map(Value::to_string).collect();
    assert_eq!((rows.len(), distinct.len()), (400 * 7, 400 * 7));
    let started = sent(&bench).iter().filter(|query| query.get("schedule_id").is_none()).count();
    assert_eq!(started, 2, "one of each account");
}

#[tokio::test]
async fn a_job_holds_ids_and_the_question_and_nothing_secret() {
    let bench = connected().await;
    let work = work(&bench, "get_performance", &week(ARCHIVE));
    match work.begin(&bench.cx("get_performance")).await.expect("begun") {
        Progress::Pending { job, poll_after } => {
            assert_eq!((&job["account"], poll_after), (&json!(ARCHIVE), Duration::from_secs(1)));
            assert!(job["rows"]["schedule_id"].is_string() && !job.to_string().contains("api_sandbox"), "{job}");
        }
        Progress::Done(_) => panic!("it takes 90 seconds"),
    }
}

#[tokio::test]
async fn a_result_that_the_vendor_no_longer_keeps_is_told_as_such() {
    let bench = connected().await;
    let work = work(&bench, "run_query", &with(week(ARCHIVE), &json!({ "fields": ["Cost"] })));
    let Ok(Progress::Pending { job, .. }) = work.begin(&bench.cx("run_query")).await else { panic!("it takes long") };
    bench.clock.advance(Duration::from_secs(2 * 3600));
    match work.poll(&job, &bench.cx("run_query")).await {
        Err(ToolError::Refused { reason, .. }) => assert!(reason.contains("an hour"), "{reason}"),
        other => panic!("{other:?}"),
    }
}
