//! Reports: asked for, waited for, fetched.

use std::{collections::BTreeSet, time::Duration};

use http::Method;
use serde_json::{Value, json};
use turnpike_core::{Class, Clock as _};
use turnpike_sdk::{Behaviour, Progress, Recorded, ToolError};

use crate::bench::{ARCHIVE, BAKERY, Bench, FAILING, NOW, OUTDOOR, TEA, WHOLESALE, connected, week, with};

type Advance = Result<Progress<Value, Value>, ToolError>;

/// Begins the work, or goes on with it from a job.
async fn advance(bench: &Bench, tool: &'static str, arguments: Value, job: Option<&Value>) -> Advance {
    let work = bench.work(tool, arguments)?;
    match job {
        None => work.begin(&bench.cx(tool)).await,
        Some(job) => work.poll(job, &bench.cx(tool)).await,
    }
}

fn pending(progress: Advance) -> (Value, u64) {
    match progress {
        Ok(Progress::Pending { job, poll_after }) => (job, poll_after.as_secs()),
        other => panic!("{other:?}"),
    }
}

fn done(progress: Advance) -> Value {
    match progress {
        Ok(Progress::Done(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

/// Requests whose path holds `part`, in their order.
fn sent(bench: &Bench, method: &Method, part: &str) -> Vec<Recorded> {
    let fits = |request: &Recorded| request.method == *method && request.uri.path().contains(part);
    bench.script.recorded().into_iter().filter(fits).collect()
}

#[tokio::test]
async fn a_report_is_asked_for_waited_for_and_fetched_with_totals_over_all_rows() {
    let bench = connected().await;
    let answer = bench.ok("get_performance", week(OUTDOOR)).await;
    assert_eq!(answer["page"], json!({ "shown": 11, "total": 11, "truncated": false }));
    assert_eq!(
        answer["period"],
        json!({ "start": "2026-11-01", "end": "2026-11-07", "time_zone": "America/Los_Angeles" })
    );
    assert_eq!((&answer["account"]["account_id"], &answer["account"]["currency"]), (&json!(OUTDOOR), &json!("USD")));
    let rows = answer["rows"].as_array().expect("rows");
    for figure in ["impressions", "clicks", "cost", "conversions", "conversions_value"] {
        let sum: f64 = rows.iter().map(|row| row[figure].as_f64().expect(figure)).sum();
        assert!((sum - answer["totals"][figure].as_f64().expect(figure)).abs() < 1e-6, "{figure}");
    }
    assert!(rows.iter().any(|row| row["campaign_id"] == "18000000000001000001"), "every digit of a long id");
    let costs: Vec<_> = rows.iter().map(|row| row["cost"].as_f64().expect("a cost")).collect();
    assert!(costs.is_sorted_by(|a, b| a >= b), "dearest first: {costs:?}");

    let asked = sent(&bench, &Method::POST, "/reporting/reports");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].headers["content-type"], "application/vnd.createasyncreportrequest.v3+json");
    assert_eq!(asked[0].headers["accept"], "application/vnd.createasyncreportresponse.v3+json");
    let body: Value = serde_json::from_slice(&asked[0].body).expect("JSON");
    let configuration = json!({
        "adProduct": "SPONSORED_PRODUCTS", "groupBy": ["campaign"], "reportTypeId": "spCampaigns",
        "timeUnit": "SUMMARY", "format": "GZIP_JSON", "columns": ["campaignId", "campaignName", "campaignStatus",
            "impressions", "clicks", "cost", "purchases7d", "sales7d"],
    });
    assert_eq!((&body["startDate"], &body["configuration"]), (&json!("2026-11-01"), &configuration));
    let looks = sent(&bench, &Method::GET, "/reporting/reports/");
    assert_eq!(looks.len(), 2, "pending, processing, then complete");
    assert_eq!(looks[0].headers["accept"], "application/vnd.getasyncreportresponse.v3+json");
    assert_eq!(sent(&bench, &Method::GET, "/report-files/").len(), 1);
}

#[tokio::test]
async fn by_day_there_is_a_row_for_each_campaign_and_day() {
    let bench = connected().await;
    let arguments = with(week(TEA), &json!({ "by_day": true, "max_rows": 1000 }));
    let answer = bench.ok("get_performance", arguments).await;
    let rows = answer["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 11 * 7);
    let dates: Vec<_> = rows.iter().map(|row| row["date"].as_str().expect("a day")).collect();
    assert!(dates.is_sorted() && dates[0] == "2026-11-01" && dates[76] == "2026-11-07");
    let asked = sent(&bench, &Method::POST, "/reporting/reports").pop().expect("a request");
    let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(
        (&body["configuration"]["timeUnit"], &body["configuration"]["columns"][0]),
        (&json!("DAILY"), &json!("date"))
    );
}

#[tokio::test]
async fn figures_are_narrowed_to_campaigns_and_none_are_explained() {
    let bench = connected().await;
    // The ninth was only proposed and never shown; the foreign one is nobody's here.
    for (ids, shown) in [(json!(["1000001", "1000009", "18000000000001000001"]), 2), (json!(["1000009", "4000001"]), 0)]
    {
        let answer = bench.ok("get_performance", with(week(OUTDOOR), &json!({ "campaign_ids": ids }))).await;
        assert_eq!(answer["page"]["total"], shown, "{answer}");
        assert_eq!(answer.get("note").is_some(), shown == 0, "{answer}");
        assert_eq!(answer["totals"]["clicks"].as_i64() > Some(0), shown > 0, "{answer}");
    }
}

#[tokio::test]
async fn search_terms_are_narrowed_to_campaigns_and_clicks() {
    let bench = connected().await;
    let all = bench.all_rows("search_terms", "rows", with(week(BAKERY), &json!({ "max_rows": 7 }))).await;
    assert!(all.len() > 60 && all.iter().all(|row| row["clicks"].as_i64() > Some(0)));
    let row = all.iter().find(|row| row["ad_group_id"] == "4100011").expect("a row");
    assert_eq!(
        (&row["targeting"], &row["match_type"], &row["ad_group"]),
        (&json!("tent"), &json!("BROAD"), &json!("Bestsellers 1"))
    );
    let some = json!({ "campaign_ids": ["4000001", "4000002"], "min_clicks": 80, "max_rows": 1000 });
    let narrowed = bench.ok("search_terms", with(week(BAKERY), &some)).await;
    let expected = all.iter().filter(|row| {
        ["4000001", "4000002"].contains(&row["campaign_id"].as_str().expect("an id"))
            && row["clicks"].as_i64() >= Some(80)
    });
    let expected: Vec<_> = expected.cloned().collect();
    assert!(!expected.is_empty() && narrowed["rows"] == Value::from(expected.clone()), "{narrowed}");
    assert_eq!(narrowed["totals"]["clicks"], expected.iter().filter_map(|row| row["clicks"].as_i64()).sum::<i64>());
}

#[tokio::test]
async fn pages_are_cut_from_one_report_and_each_is_fetched_with_a_link_of_its_own() {
    let bench = connected().await;
    let arguments = with(week(WHOLESALE), &json!({ "max_rows": 150 }));
    let first = bench.ok("get_performance", arguments.clone()).await;
    assert_eq!((&first["page"]["shown"], &first["page"]["total"]), (&json!(150), &json!(399)));
    let rows = bench.all_rows("get_performance", "rows", arguments.clone()).await;
    let distinct: BTreeSet<_> = rows.iter().map(|row| row["campaign_id"].to_string()).collect();
    assert_eq!((rows.len(), distinct.len()), (399, 399));
    // The first page twice, and the same report for the other two.
    assert_eq!(sent(&bench, &Method::POST, "/reporting/reports").len(), 2);
    let links: Vec<_> = sent(&bench, &Method::GET, "/report-files/").iter().map(|it| it.uri.to_string()).collect();
    assert_eq!((links.len(), links.iter().collect::<BTreeSet<_>>().len()), (4, 4));

    // Half an hour later the cursor is still good, and the link of then has to be asked for anew.
    bench.clock.advance(Duration::from_secs(1800));
    let next = with(arguments, &json!({ "cursor": first["page"]["next_cursor"] }));
    let second = bench.ok("get_performance", next).await;
    assert_eq!((&second["page"]["shown"], second.get("totals")), (&json!(150), None));
}

#[tokio::test]
async fn the_pauses_between_looks_grow_to_five_minutes_and_the_job_holds_no_link() {
    let bench = connected().await;
    let (mut job, first) = pending(advance(&bench, "get_performance", week(ARCHIVE), None).await);
    let mut pauses = vec![first];
    // Nobody turns the clock, so that it is never done.
    for _ in 0..8 {
        let pause;
        (job, pause) = pending(advance(&bench, "get_performance", week(ARCHIVE), Some(&job)).await);
        pauses.push(pause);
        let text = job.to_string();
        assert!(!text.contains("http") && !text.contains("Signature") && !text.contains("Atz"), "{text}");
    }
    assert_eq!(pauses, [1, 2, 5, 10, 30, 60, 120, 300, 300]);
    bench.clock.advance(Duration::from_secs(91));
    let answer = done(advance(&bench, "get_performance", week(ARCHIVE), Some(&job)).await);
    assert!(answer["rows"].as_array().is_some_and(|rows| rows.len() == 11) && answer.get("totals").is_some());
}

#[tokio::test]
async fn a_question_that_is_being_answered_already_is_not_asked_twice() {
    let bench = connected().await;
    let (first, _) = pending(advance(&bench, "get_performance", week(ARCHIVE), None).await);
    let (second, _) = pending(advance(&bench, "get_performance", week(ARCHIVE), None).await);
    assert_eq!(first["report"], second["report"], "the report of the 425 is adopted");
    assert_eq!(sent(&bench, &Method::POST, "/reporting/reports").len(), 2);
    bench.clock.advance(Duration::from_secs(91));
    done(advance(&bench, "get_performance", week(ARCHIVE), Some(&second)).await);
    // And once it is answered, the answer is there at once.
    done(advance(&bench, "get_performance", week(ARCHIVE), None).await);
}

#[tokio::test]
async fn a_report_that_fails_says_why_and_is_the_reports_misfortune() {
    let bench = connected().await;
    let error = bench.read("get_performance", week(FAILING)).await.expect_err("it fails");
    let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Upstream, Some("FAILED")));
    assert!(fault.message.contains("the sandbox means it"), "{}", fault.message);
}

#[tokio::test]
async fn being_told_to_look_less_often_does_not_lose_the_report() {
    let bench = connected().await;
    let (job, _) = pending(advance(&bench, "get_performance", week(OUTDOOR), None).await);
    bench.script.next(1, Behaviour::Storm { seconds: 77 });
    let (job, pause) = pending(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
    assert_eq!(pause, 77);
    bench.script.next(1, Behaviour::Storm { seconds: 0 });
    let (job, pause) = pending(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
    assert_eq!(pause, 120, "without a time it is given minutes");
    let (job, _) = pending(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
    done(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
}

#[tokio::test]
async fn a_link_that_has_lapsed_is_asked_for_once_more() {
    let bench = connected().await;
    let (job, _) = pending(advance(&bench, "get_performance", week(OUTDOOR), None).await);
    let (job, _) = pending(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
    // The look succeeds, but late; the file is then gone once.
    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(1, Behaviour::Status { code: 403 });
    done(advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await);
    let paths: Vec<_> =
        bench.script.recorded().iter().rev().take(4).map(|it| it.uri.path().contains("files")).collect();
    assert_eq!(paths, [true, false, true, false]);

    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(1, Behaviour::Status { code: 403 });
    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(1, Behaviour::Status { code: 403 });
    let error = advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await.expect_err("it gives up");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Upstream));
}

#[tokio::test]
async fn days_that_no_report_can_have_are_refused_before_anything_is_sent() {
    let bench = connected().await;
    let before = bench.script.received();
    for (start, end, field) in [
        ("2026-10-01", "2026-11-01", "end_date"),
        ("2026-11-07", "2026-11-01", "end_date"),
        ("2026-08-17", "2026-08-18", "start_date"),
        ("2026-11-21", "2026-11-22", "end_date"),
    ] {
        for tool in ["get_performance", "search_terms"] {
            let arguments = json!({ "account_id": OUTDOOR, "start_date": start, "end_date": end });
            match bench.read(tool, arguments).await {
                Err(ToolError::Argument(error)) => assert_eq!(error.field, field, "{start} {end}"),
                other => panic!("{start} {end}: {other:?}"),
            }
        }
    }
    assert_eq!((bench.script.received(), bench.clock.now()), (before, NOW));
}

#[tokio::test]
async fn a_file_that_is_no_json_and_a_report_that_is_gone_are_told_as_such() {
    let bench = connected().await;
    let job = json!({ "report": "00000000-0000-0000-0000-000000000000", "looks": 0 });
    let error = advance(&bench, "get_performance", week(OUTDOOR), Some(&job)).await.expect_err("unknown");
    assert!(matches!(error, ToolError::Refused { reason, .. } if reason.contains("does not know this report")));
    bench.script.next(1, Behaviour::Garbage);
    let error = advance(&bench, "get_performance", week(OUTDOOR), None).await.expect_err("garbage");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Upstream));
}
