use std::collections::BTreeSet;

use serde_json::{Value, json};
use turnpike_sdk::ToolError;

use crate::bench::{BROKEN, OUTDOOR, SOCIAL, WHOLESALE, connected, week, with};

fn argument_error(result: Result<Value, ToolError>) -> turnpike_sdk::ArgumentError {
    match result {
        Err(ToolError::Argument(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn list_accounts_shows_source_and_login_and_asks_nobody() {
    let bench = connected().await;
    let before = bench.script.received();
    let answer = bench.ok("list_accounts", json!({ "matching": "FA:" })).await;
    assert_eq!(
        answer["accounts"],
        json!([{ "account_id": SOCIAL, "name": "Sandbox Outdoor Social", "data_source": "FA",
                 "login": "social@sandbox.example" }])
    );
    let answer = bench.ok("list_accounts", json!({ "matching": "whole" })).await;
    assert_eq!(answer["page"], json!({ "shown": 1, "total": 1, "truncated": false }));
    assert_eq!(bench.all_rows("list_accounts", "accounts", json!({ "max_rows": 2 })).await.len(), 7);
    assert_eq!(bench.script.received(), before);
}

#[tokio::test]
async fn list_data_sources_tells_which_logins_work() {
    let bench = connected().await;
    let answer = bench.ok("list_data_sources", json!({})).await;
    assert_eq!(
        answer["data_sources"][0],
        json!({ "data_source": "AW", "name": "Google Ads", "accounts": 5, "logins": 2, "broken_logins": 1 })
    );
    assert_eq!(
        answer["data_sources"][3],
        json!({ "data_source": "LIA", "name": "LinkedIn Ads", "accounts": 0, "logins": 1 })
    );
}

#[tokio::test]
async fn list_fields_tells_dimensions_from_metrics() {
    let bench = connected().await;
    let answer = bench.ok("list_fields", json!({ "data_source": "AW", "matching": "conv", "kind": "metric" })).await;
    assert_eq!(
        answer["fields"][1],
        json!({ "field": "ConversionValue", "name": "Conversion value", "kind": "metric", "group": "Conversions" })
    );
    let split = bench
        .all_rows("list_fields", "fields", json!({ "data_source": "AW", "kind": "dimension", "max_rows": 4 }))
        .await;
    assert_eq!(split.len(), 6);
    let error = argument_error(bench.read("list_fields", json!({ "data_source": "LIA" })).await);
    assert_eq!(error.field, "data_source");
}

#[tokio::test]
async fn totals_equal_the_sum_of_all_rows() {
    let bench = connected().await;
    for (account, more) in [
        (OUTDOOR, json!({})),
        (OUTDOOR, json!({ "by_day": true })),
        (OUTDOOR, json!({ "level": "ad_group", "by_day": true })),
        (OUTDOOR, json!({ "level": "account" })),
        (SOCIAL, json!({ "level": "ad_group" })),
    ] {
        let arguments = with(with(week(account), &json!({ "max_rows": 7 })), &more);
        let first = bench.ok("get_performance", arguments.clone()).await;
        let rows = bench.all_rows("get_performance", "rows", arguments).await;
        assert_eq!(first["page"]["total"], rows.len());
        for (figure, total) in first["totals"].as_object().expect("totals") {
            let sum: f64 = rows.iter().map(|row| row[figure].as_f64().expect(figure)).sum();
            let total = total.as_f64().expect("a number");
            assert!((total - sum).abs() < 1e-6, "{account} {more} {figure}: {total} and {sum}");
        }
    }
}

#[tokio::test]
async fn a_report_says_currency_period_freshness_and_which_fields_it_took() {
    let bench = connected().await;
    let answer = bench.ok("get_performance", with(week(SOCIAL), &json!({ "max_rows": 1 }))).await;
    assert_eq!((&answer["status"], &answer["account"]["currency"]), (&json!("done"), &json!("EUR")));
    assert_eq!((&answer["period"]["start"], &answer["period"]["end"]), (&json!("2026-11-01"), &json!("2026-11-07")));
    assert!(answer["data_as_of"].as_str().is_some_and(|text| text.starts_with("2026-11-21T")));
    // The source knows them by names of its own, and counts no conversions.
    assert_eq!((&answer["fields"]["clicks"], &answer["fields"]["cost"]), (&json!("Clicks"), &json!("cost")));
    assert!(answer["totals"].get("conversions").is_none() && answer["totals"].get("currency").is_none());
    let row = &answer["rows"][0];
    assert!(row["campaign_id"].is_string() && row["campaign"].is_string() && row["impressions"].is_i64());
    assert!(row["cost"].is_f64() && row.get("cost_micros").is_none());

    let next = with(week(SOCIAL), &json!({ "max_rows": 1, "cursor": answer["page"]["next_cursor"] }));
    let second = bench.ok("get_performance", next).await;
    assert!(second.get("totals").is_none(), "totals come once");
    assert!(second["rows"][0]["cost"].as_f64() <= row["cost"].as_f64(), "dearest first");
}

#[tokio::test]
async fn pages_are_cut_from_one_stored_result_and_no_link_is_followed() {
    let bench = connected().await;
    let arguments = with(week(WHOLESALE), &json!({ "by_day": true, "max_rows": 999 }));
    let rows = bench.all_rows("get_performance", "rows", arguments).await;
    let distinct: BTreeSet<_> =
        rows.iter().map(|row| (row["date"].to_string(), row["campaign_id"].to_string())).collect();
    assert_eq!((rows.len(), distinct.len()), (400 * 7, 400 * 7));
    let posts: Vec<Value> = bench
        .script
        .recorded()
        .iter()
        .filter(|request| request.uri.path().ends_with("/data/json"))
        .map(|request| serde_json::from_slice(&request.body).expect("JSON"))
        .collect();
    let started = posts.iter().filter(|query| query.get("schedule_id").is_none()).count();
    assert_eq!(started, 2, "later pages are of the same result");
}

#[tokio::test]
async fn the_rows_stop_at_the_cap_and_the_answer_says_so() {
    let bench = connected().await;
    let arguments = with(week(WHOLESALE), &json!({ "level": "ad_group", "by_day": true, "start_date": "2026-10-01" }));
    let answer = bench.ok("get_performance", arguments).await;
    assert_eq!((&answer["row_cap_reached"], &answer["page"]["total"]), (&json!(true), &json!(10_000)));
}

#[tokio::test]
async fn run_query_sends_what_was_asked_and_names_columns_as_the_source_does() {
    let bench = connected().await;
    let arguments = with(
        week(OUTDOOR),
        &json!({ "fields": ["Campaignname", "Ctr", "Clicks"], "filter": "Clicks > 100 AND Campaignname =@ search",
                "order_by": [{ "field": "Clicks", "descending": true }] }),
    );
    let answer = bench.ok("run_query", arguments).await;
    let sent = bench.script.recorded().pop().expect("a request");
    assert_eq!((sent.method.as_str(), sent.uri.to_string()), ("POST", "/enterprise/v2/query/data/json".into()));
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "ds_id": "AW", "ds_accounts": ["1000000002"], "ds_user": "ads@sandbox.example",
            "fields": ["Campaignname", "Ctr", "Clicks"], "start_date": "2026-11-01", "end_date": "2026-11-07",
            "filter": "Clicks > 100 AND Campaignname =@ search", "order_rows": ["Clicks desc"], "max_rows": 10_000,
            "sync_timeout": 15, "settings": { "no_headers": true },
        })
    );
    let rows = answer["rows"].as_array().expect("rows");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["Clicks"].as_i64() > Some(100)));
    assert!(rows.iter().all(|row| row["Ctr"].is_f64() && row["Campaignname"].is_string()));
    assert!(answer.get("fields").is_none() && answer.get("totals").is_none());
}

#[tokio::test]
async fn a_cursor_opens_only_for_the_arguments_it_was_made_for() {
    let bench = connected().await;
    let arguments = with(week(OUTDOOR), &json!({ "max_rows": 5 }));
    let page = bench.ok("get_performance", arguments.clone()).await;
    let cursor = json!({ "cursor": page["page"]["next_cursor"] });
    for other in [json!({ "account_id": SOCIAL }), json!({ "by_day": true }), json!({ "max_rows": 6 })] {
        let error = argument_error(bench.read("get_performance", with(with(arguments.clone(), &cursor), &other)).await);
        assert_eq!(error.field, "cursor");
    }
    bench.ok("get_performance", with(arguments, &cursor)).await;
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_the_field_and_the_fix_before_anything_is_sent() {
    let bench = connected().await;
    let before = bench.script.received();
    let good = with(week(OUTDOOR), &json!({ "fields": ["Cost"] }));
    for (field, value, teaches) in [
        ("account_id", json!(""), "list_accounts"),
        ("start_date", json!("yesterday"), "YYYY-MM-DD"),
        ("end_date", json!("2026-10-31"), "before start_date"),
        ("max_rows", json!(1001), "1 to 1000"),
        ("fields", json!(["Cost", "Cost"]), "different"),
        ("fields", json!(["Cost,Clicks"]), "list_fields"),
        ("fields", json!([]), "one to thirty"),
        ("filter", json!("x".repeat(5001)), "5000"),
        ("order_by", json!([{ "field": "Clicks" }]), "one of `fields`"),
        ("api_key", json!("x"), "unknown field"),
    ] {
        let mut arguments = good.clone();
        arguments[field] = value;
        let error = argument_error(bench.read("run_query", arguments).await);
        let text = error.to_string().to_lowercase();
        assert!(error.field.starts_with(field) && text.contains(&teaches.to_lowercase()), "{error}");
    }
    assert_eq!(bench.script.received(), before);
}

#[tokio::test]
async fn a_full_default_answer_stays_below_4000_tokens() {
    let bench = connected().await;
    let everything = json!({ "fields": ["Date", "CampaignId", "Campaignname", "AdGroupName", "Impressions", "Clicks",
                                        "Cost", "Conversions"] });
    for (tool, arguments) in [
        ("list_data_sources", json!({})),
        ("list_accounts", json!({})),
        ("list_fields", json!({ "data_source": "AW" })),
        ("get_performance", week(WHOLESALE)),
        ("get_performance", with(week(WHOLESALE), &json!({ "by_day": true }))),
        ("get_performance", with(week(WHOLESALE), &json!({ "by_day": true, "level": "ad_group" }))),
        ("run_query", with(week(WHOLESALE), &everything)),
    ] {
        let answer = bench.ok(tool, arguments).await;
        let length = answer.to_string().len();
        assert!(length < 11_000, "{tool}: {length} characters");
    }
    assert!(bench.read("get_performance", week(BROKEN)).await.is_err());
}

#[test]
fn the_readme_lists_every_tool() {
    let readme = include_str!("../../README.md");
    for tool in turnpike_supermetrics::integration().tools {
        assert!(readme.contains(&format!("| `{}` |", tool.spec.name)), "{}", tool.spec.name);
    }
}
