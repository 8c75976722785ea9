use std::collections::BTreeSet;

use serde_json::{Value, json};
use turnpike_core::{AccountId, Class};
use turnpike_sdk::ToolError;

use crate::bench::{LOOKOUT, OUTDOOR, STRANGER, WHOLESALE, connected};

fn argument_error(result: Result<Value, ToolError>) -> turnpike_sdk::ArgumentError {
    match result {
        Err(ToolError::Argument(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn period(account: &str) -> Value {
    json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" })
}

fn with(mut arguments: Value, more: &Value) -> Value {
    arguments.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    arguments
}

#[tokio::test]
async fn a_connection_finds_the_open_accounts_in_which_the_member_has_a_role() {
    let bench = connected().await;
    let found: Vec<_> = bench.accounts.iter().map(|a| (a.id.as_str(), a.currency.as_str(), a.manager)).collect();
    let expected =
        [(OUTDOOR, "USD", false), ("511000002", "EUR", false), (WHOLESALE, "GBP", false), (LOOKOUT, "USD", false)];
    assert_eq!(found, expected);
    assert!(bench.accounts.iter().all(|account| account.time_zone == "UTC" && account.via.is_none()));
}

#[tokio::test]
async fn list_accounts_shows_roles_and_which_can_be_reached() {
    let mut bench = connected().await;
    bench.accounts.push(turnpike_sdk::Account { id: AccountId::new("3000000000"), ..bench.accounts[0].clone() });
    let answer = bench.read("list_accounts", json!({})).await.expect("an answer");
    let lines = answer["accounts"].as_array().expect("rows");
    let reachable: Vec<_> = lines.iter().map(|line| line["reachable"] == true).collect();
    assert_eq!(reachable, [true, true, true, true, false]);
    assert_eq!((&lines[0]["role"], lines[4].get("role")), (&json!("CAMPAIGN_MANAGER"), None));

    let answer = bench.read("list_accounts", json!({ "matching": "bakery" })).await.expect("an answer");
    assert_eq!(answer["page"], json!({ "shown": 1, "total": 1, "truncated": false }));
    assert_eq!(bench.all_rows("list_accounts", "accounts", json!({ "max_rows": 2 })).await.len(), 5);
}

#[tokio::test]
async fn list_campaigns_shows_budgets_and_leaves_archived_ones_out() {
    let bench = connected().await;
    let answer = bench.read("list_campaigns", json!({ "account_id": OUTDOOR })).await.expect("an answer");
    assert_eq!(answer["page"], json!({ "shown": 11, "total": 11, "truncated": false }));
    assert_eq!(
        answer["campaigns"][0],
        json!({
            "campaign_id": "1000001", "name": "Brand awareness", "status": "ACTIVE", "campaign_group_id": "1900001",
            "objective": "WEBSITE_VISIT", "cost_type": "CPM", "daily_budget": 72.5,
            "serving": ["RUNNABLE"],
        })
    );
    let eleventh = &answer["campaigns"][10];
    assert_eq!((eleventh.get("daily_budget"), &eleventh["total_budget"]), (None, &json!(1000.0)));
    let archived = json!({ "account_id": OUTDOOR, "status": "ARCHIVED" });
    assert_eq!(bench.read("list_campaigns", archived).await.expect("an answer")["page"]["shown"], 1);
}

#[tokio::test]
async fn a_campaign_is_found_by_its_name_however_hostile_to_the_encoding() {
    let bench = connected().await;
    let all = bench.all_rows("list_campaigns", "campaigns", json!({ "account_id": OUTDOOR })).await;
    assert!(all.iter().any(|row| row["name"] == "Q4 (US), brand's: A&B"));
    for row in &all {
        let arguments = json!({ "account_id": OUTDOOR, "name": row["name"] });
        let found = bench.read("list_campaigns", arguments).await.expect("an answer");
        assert_eq!((&found["page"]["shown"], &found["campaigns"][0]), (&json!(1), row), "{row}");
    }
    // An empty name stands as two apostrophes, which no library for URLs leaves alone: it goes in the body.
    let empty = bench.read("list_campaigns", json!({ "account_id": OUTDOOR, "name": "" })).await.expect("an answer");
    assert_eq!(empty["page"]["shown"], 0);
    let sent = bench.script.recorded().pop().expect("a request");
    assert_eq!((sent.method.as_str(), sent.uri.query()), ("POST", None));
    assert_eq!(
        sent.body,
        "q=search&search=(status:(values:List(ACTIVE,PAUSED,DRAFT,COMPLETED)),name:(values:List('')))\
         &sortOrder=ASCENDING&pageSize=30"
    );
}

#[tokio::test]
async fn groups_and_creatives_are_listed() {
    let bench = connected().await;
    let groups = bench.read("list_campaign_groups", json!({ "account_id": OUTDOOR })).await.expect("an answer");
    assert_eq!(
        groups["campaign_groups"][0],
        json!({ "campaign_group_id": "1900001", "name": "Group 1", "status": "ACTIVE", "total_budget": 25000.0,
            "start": "2026-11-01T00:00:00.000Z" })
    );
    let of_one = json!({ "account_id": OUTDOOR, "campaign_ids": ["1000001"] });
    let creatives = bench.read("list_creatives", of_one).await.expect("an answer");
    assert_eq!(creatives["page"]["shown"], 2);
    assert_eq!(
        creatives["creatives"][0],
        json!({ "creative_id": "10000011", "campaign_id": "1000001", "status": "ACTIVE", "serving": true,
            "review": "APPROVED", "content": "urn:li:share:10000011" })
    );
}

#[tokio::test]
async fn paging_across_linkedins_own_pages_yields_every_row_once() {
    let bench = connected().await;
    for max_rows in [7, 100, 150, 1000] {
        let arguments = json!({ "account_id": WHOLESALE, "max_rows": max_rows });
        let first = bench.read("list_campaigns", arguments.clone()).await.expect("a page");
        assert_eq!(first["page"]["shown"], max_rows.min(399), "{max_rows}");
        let rows = bench.all_rows("list_campaigns", "campaigns", arguments).await;
        let distinct: BTreeSet<_> = rows.iter().map(|row| row["campaign_id"].to_string()).collect();
        assert_eq!((rows.len(), distinct.len()), (399, 399), "{max_rows}");
    }
}

#[tokio::test]
async fn totals_equal_the_sum_of_all_rows() {
    let bench = connected().await;
    for (tool, more) in [
        ("get_performance", json!({})),
        ("get_performance", json!({ "by_day": true })),
        ("get_performance", json!({ "level": "campaign_group" })),
        ("get_performance", json!({ "level": "creative", "by_day": true, "campaign_ids": ["1000001", "1000002"] })),
        ("get_demographics", json!({ "dimension": "job_title" })),
        ("get_demographics", json!({ "dimension": "company_size", "campaign_ids": ["1000001"] })),
    ] {
        let arguments = with(with(period(OUTDOOR), &json!({ "max_rows": 7 })), &more);
        let first = bench.read(tool, arguments.clone()).await.expect("a page");
        let rows = bench.all_rows(tool, "rows", arguments).await;
        assert_eq!(first["page"]["total"], rows.len());
        assert!(!rows.is_empty() && first.get("note").is_none());
        for figure in ["impressions", "clicks", "cost", "conversions", "conversions_value", "leads"] {
            let sum: f64 = rows.iter().map(|row| row[figure].as_f64().expect(figure)).sum();
            let total = first["totals"][figure].as_f64().expect(figure);
            assert!((total - sum).abs() < 1e-5, "{tool} {more} {figure}: {total} and {sum}");
        }
    }
}

#[tokio::test]
async fn the_levels_add_up_to_the_same() {
    let bench = connected().await;
    let mut totals = vec![];
    for (level, by_day) in [("campaign", false), ("campaign", true), ("campaign_group", false), ("creative", true)] {
        let arguments = with(period(OUTDOOR), &json!({ "level": level, "by_day": by_day, "max_rows": 1 }));
        totals.push(bench.read("get_performance", arguments).await.expect("an answer")["totals"].clone());
    }
    assert!(totals.iter().all(|other| *other == totals[0]), "{totals:?}");
}

#[tokio::test]
async fn a_report_says_currency_zone_period_freshness_and_names() {
    let bench = connected().await;
    let arguments = with(period(WHOLESALE), &json!({ "max_rows": 1 }));
    let answer = bench.read("get_performance", arguments.clone()).await.expect("an answer");
    assert_eq!(answer["account"]["currency"], "GBP");
    assert_eq!(answer["period"], json!({ "start": "2026-11-01", "end": "2026-11-07", "time_zone": "UTC" }));
    assert!(answer["data_as_of"].as_str().is_some_and(|text| text.starts_with("2026-11-21T")));
    let row = &answer["rows"][0];
    assert!(row["cost"].as_f64().is_some_and(|units| units > 0.0), "in units: {row}");
    assert!(row["campaign"].is_string() && row["campaign_id"].is_string() && row.get("creative_id").is_none());

    let next = with(arguments, &json!({ "cursor": answer["page"]["next_cursor"] }));
    let second = bench.read("get_performance", next).await.expect("a page");
    assert!(second.get("totals").is_none(), "totals come once");
    assert!(second["rows"][0]["cost"].as_f64() <= row["cost"].as_f64(), "dearest first");
}

#[tokio::test]
async fn figures_are_asked_for_as_the_vendor_documents_it() {
    let bench = connected().await;
    let arguments = with(period(OUTDOOR), &json!({ "campaign_ids": ["1000001"], "by_day": true }));
    bench.read("get_performance", arguments).await.expect("an answer");
    let sent = bench.script.recorded();
    let asked = sent.iter().find(|request| request.uri.path() == "/rest/adAnalytics").expect("a request");
    assert_eq!(
        asked.uri.query(),
        Some(
            "q=analytics&pivot=CAMPAIGN&dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:7))\
             &timeGranularity=DAILY&accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)\
             &campaigns=List(urn%3Ali%3AsponsoredCampaign%3A1000001)&fields=impressions,clicks,costInLocalCurrency,\
             externalWebsiteConversions,conversionValueInLocalCurrency,oneClickLeads,pivotValues,dateRange"
        )
    );
    let named = sent.last().expect("a request");
    assert_eq!(named.uri.query(), Some("ids=List(1000001)"));
    assert_eq!(named.headers["x-restli-method"], "BATCH_GET");
}

#[tokio::test]
async fn a_query_that_is_too_long_for_a_url_is_tunnelled() {
    let bench = connected().await;
    let ids: Vec<String> = (1..=50).map(|n| format!("100000000000{n:06}")).collect();
    bench.read("list_creatives", json!({ "account_id": OUTDOOR, "campaign_ids": ids })).await.expect("an answer");
    let short = bench.script.recorded().pop().expect("a request");
    assert!(short.method == "GET" && short.uri.query().is_some_and(|query| query.len() > 2_500));

    let long = "é".repeat(700);
    bench.read("list_campaigns", json!({ "account_id": OUTDOOR, "name": long })).await.expect("an answer");
    let tunnelled = bench.script.recorded().pop().expect("a request");
    assert_eq!((tunnelled.method.as_str(), tunnelled.uri.query()), ("POST", None));
    assert_eq!(tunnelled.headers["x-http-method-override"], "GET");
    assert_eq!(tunnelled.headers["content-type"], "application/x-www-form-urlencoded");
    assert!(tunnelled.body.len() > 4_000);
}

#[tokio::test]
async fn demographics_come_with_labels() {
    let bench = connected().await;
    let arguments = with(period(OUTDOOR), &json!({ "dimension": "job_title", "max_rows": 100 }));
    let rows = bench.all_rows("get_demographics", "rows", arguments).await;
    assert_eq!(rows.len(), 60, "more than can be looked up at once");
    assert!(rows.iter().all(|row| row["label"].is_string() && row["urn"].is_string()));

    let sizes = with(period(OUTDOOR), &json!({ "dimension": "company_size" }));
    let sizes = bench.read("get_demographics", sizes).await.expect("an answer");
    assert_eq!(sizes["page"]["total"], 5);
    let labels = bench.script.recorded().pop().expect("a request");
    assert!(labels.uri.query().is_some_and(|query| query.contains("urn%3Ali%3AstaffCountRange%3A%2811%2C50%29")));
}

#[tokio::test]
async fn an_answer_without_figures_says_why() {
    let bench = connected().await;
    let draft = with(period(LOOKOUT), &json!({ "campaign_ids": ["4000009"] }));
    let answer = bench.read("get_performance", draft.clone()).await.expect("an answer");
    assert_eq!((&answer["rows"], &answer["totals"]["impressions"]), (&json!([]), &json!(0)));
    let note = answer["note"].as_str().expect("a note");
    assert!(note.contains("nothing was shown") && note.contains("VIEWER"), "{note}");
    let demographics = with(draft, &json!({ "dimension": "seniority" }));
    assert!(bench.read("get_demographics", demographics).await.expect("an answer")["note"].is_string());
}

#[tokio::test]
async fn figures_of_an_account_that_may_not_be_read_are_refused_though_linkedin_answers_an_empty_list() {
    let mut bench = connected().await;
    bench.accounts.push(turnpike_sdk::Account { id: AccountId::new(STRANGER), ..bench.accounts[0].clone() });
    let error = bench.read("get_performance", period(STRANGER)).await.expect_err("no role");
    let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
    assert_eq!(fault.class, Class::Permission);
    assert!(fault.message.contains("empty list"), "{}", fault.message);
    let sent = bench.script.recorded();
    assert_eq!(sent[sent.len() - 2].uri.path(), "/rest/adAnalytics", "LinkedIn was asked, and answered nothing");
}

#[tokio::test]
async fn figures_that_linkedin_would_cut_are_refused() {
    let bench = connected().await;
    let arguments = json!({
        "account_id": WHOLESALE, "start_date": "2026-10-01", "end_date": "2026-10-31", "by_day": true, "level": "creative",
    });
    match bench.read("get_performance", arguments).await {
        Err(ToolError::Refused { reason, next_step }) => {
            assert!(reason.contains("15000") && next_step.contains("fewer days"), "{reason} {next_step}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cursor_opens_only_for_the_arguments_it_was_made_for() {
    let bench = connected().await;
    for (tool, arguments) in [
        ("get_performance", with(period(OUTDOOR), &json!({ "max_rows": 5 }))),
        ("list_campaigns", json!({ "account_id": OUTDOOR, "max_rows": 5 })),
    ] {
        let page = bench.read(tool, arguments.clone()).await.expect("a page");
        let more = json!({ "cursor": page["page"]["next_cursor"], "account_id": WHOLESALE });
        assert_eq!(argument_error(bench.read(tool, with(arguments, &more)).await).field, "cursor");
    }
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_the_field_and_the_fix_before_anything_is_sent() {
    let bench = connected().await;
    let before = bench.script.received();
    for (field, value, teaches) in [
        ("account_id", json!("511000001/adCampaigns"), "digits"),
        ("start_date", json!("2026-11-31"), "YYYY-MM-DD"),
        ("end_date", json!("2026-10-31"), "before start_date"),
        ("max_rows", json!(1001), "1 to 1000"),
        ("campaign_ids", json!(["1),accounts=List("]), "digits"),
        ("campaign_ids", json!([]), "1 to 50 ids"),
        ("level", json!("keyword"), "campaign"),
        ("level2", json!(1), "unknown field"),
    ] {
        let arguments = with(period(OUTDOOR), &json!({ field: value }));
        let error = argument_error(bench.read("get_performance", arguments).await);
        assert!(error.field.starts_with(field) && error.to_string().contains(teaches), "{error}");
    }
    assert_eq!(bench.script.received(), before);
}

#[tokio::test]
async fn a_full_default_answer_stays_below_4000_tokens() {
    let bench = connected().await;
    let listing = json!({ "account_id": WHOLESALE });
    for (tool, arguments) in [
        ("list_accounts", json!({})),
        ("list_campaign_groups", listing.clone()),
        ("list_campaigns", listing.clone()),
        ("list_creatives", listing),
        ("get_performance", period(WHOLESALE)),
        ("get_performance", with(period(WHOLESALE), &json!({ "by_day": true }))),
        ("get_performance", with(period(WHOLESALE), &json!({ "level": "creative" }))),
        ("get_demographics", with(period(WHOLESALE), &json!({ "dimension": "job_title" }))),
    ] {
        let length = bench.read(tool, arguments).await.expect("an answer").to_string().len();
        assert!(length < 12_000, "{tool}: {length} characters");
    }
}

#[test]
fn the_readme_lists_every_tool() {
    let readme = include_str!("../../README.md");
    for tool in turnpike_linkedin_ads::integration().tools {
        assert!(readme.contains(&format!("| `{}` |", tool.spec.name)), "{}", tool.spec.name);
    }
}
