use std::collections::BTreeSet;

use serde_json::{Value, json};
use turnpike_sdk::ToolError;

use crate::bench::{MANAGER, OUTDOOR, STUDIO, WHOLESALE, connected};

fn argument_error(result: Result<Value, ToolError>) -> turnpike_sdk::ArgumentError {
    match result {
        Err(ToolError::Argument(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_finds_its_accounts_and_the_manager_through_which_each_is_reached() {
    let bench = connected().await;
    let found: Vec<_> =
        bench.accounts.iter().map(|a| (a.id.as_str(), a.manager, a.via.as_ref().map(|via| via.as_str()))).collect();
    assert_eq!(
        found,
        [
            (MANAGER, true, None),
            (OUTDOOR, false, Some(MANAGER)),
            ("1000000003", false, Some(MANAGER)),
            (WHOLESALE, false, Some(MANAGER)),
            (STUDIO, false, None),
        ]
    );
    assert_eq!((bench.accounts[2].currency.as_str(), bench.accounts[2].time_zone.as_str()), ("EUR", "Europe/Berlin"));
}

#[tokio::test]
async fn list_accounts_shows_which_can_be_reached() {
    let mut bench = connected().await;
    bench
        .accounts
        .push(turnpike_sdk::Account { id: turnpike_core::AccountId::new("3000000000"), ..bench.accounts[4].clone() });
    let answer = bench.read("list_accounts", json!({})).await.expect("an answer");
    let reachable: Vec<_> =
        answer["accounts"].as_array().expect("rows").iter().map(|line| line["reachable"] == true).collect();
    assert_eq!(reachable, [true, true, true, true, true, false]);
    assert_eq!(answer["accounts"][1]["via_manager"], MANAGER);

    let answer = bench.read("list_accounts", json!({ "matching": "bakery" })).await.expect("an answer");
    assert_eq!(answer["page"], json!({ "shown": 1, "total": 1, "truncated": false }));
    let all = bench.all_rows("list_accounts", "accounts", json!({ "max_rows": 4 })).await;
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn list_campaigns_shows_budgets_in_units_and_leaves_removed_ones_out() {
    let bench = connected().await;
    let answer = bench.read("list_campaigns", json!({ "account_id": "100-000-0002" })).await.expect("an answer");
    assert_eq!(answer["page"]["total"], 11);
    assert_eq!(
        answer["campaigns"][0],
        json!({
            "campaign_id": "2000001", "name": "Brand search", "status": "ENABLED", "channel": "SEARCH",
            "daily_budget": 35.5, "budget_shared": false,
        })
    );
    assert_eq!(answer["campaigns"][1]["budget_shared"], true);

    for (part, name) in [("50% off_[", "50% off_[winter]"), ("It's \"", "It's \"new\"")] {
        let found = bench
            .read("list_campaigns", json!({ "account_id": OUTDOOR, "name_contains": part }))
            .await
            .expect("an answer");
        assert_eq!((&found["page"]["shown"], &found["campaigns"][0]["name"]), (&json!(1), &json!(name)));
    }
    let removed =
        bench.read("list_campaigns", json!({ "account_id": OUTDOOR, "status": "REMOVED" })).await.expect("an answer");
    assert_eq!(removed["page"]["shown"], 1);
}

#[tokio::test]
async fn totals_equal_the_sum_of_all_rows() {
    let bench = connected().await;
    let period = json!({ "account_id": STUDIO, "start_date": "2026-11-01", "end_date": "2026-11-07", "max_rows": 7 });
    for (tool, more) in [
        ("get_performance", json!({})),
        ("get_performance", json!({ "by_day": true })),
        ("get_performance", json!({ "level": "ad_group", "by_day": true, "campaign_ids": ["5000001", "5000002"] })),
        ("search_terms", json!({})),
        ("search_terms", json!({ "min_clicks": 300 })),
    ] {
        let mut arguments = period.clone();
        arguments.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let first = bench.read(tool, arguments.clone()).await.expect("a page");
        let rows = bench.all_rows(tool, "rows", arguments).await;
        assert_eq!(first["page"]["total"], rows.len());
        for figure in ["impressions", "clicks", "cost", "conversions", "conversions_value"] {
            let sum: f64 = rows.iter().map(|row| row[figure].as_f64().expect(figure)).sum();
            let total = first["totals"][figure].as_f64().expect(figure);
            assert!((total - sum).abs() < 1e-5, "{tool} {figure}: {total} and {sum}");
        }
    }
}

#[tokio::test]
async fn a_report_says_currency_zone_period_and_freshness() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": WHOLESALE, "start_date": "2026-11-01", "end_date": "2026-11-07", "max_rows": 1 });
    let answer = bench.read("get_performance", arguments.clone()).await.expect("an answer");
    assert_eq!(answer["account"]["currency"], "GBP");
    assert_eq!(answer["period"], json!({ "start": "2026-11-01", "end": "2026-11-07", "time_zone": "Europe/London" }));
    assert!(answer["data_as_of"].as_str().is_some_and(|text| text.starts_with("2026-11-21T")));
    let row = &answer["rows"][0];
    assert!(row["cost"].as_f64().is_some_and(|units| units > 0.0), "in units: {row}");

    let mut next = arguments;
    next["cursor"] = answer["page"]["next_cursor"].clone();
    let second = bench.read("get_performance", next).await.expect("a page");
    assert!(second.get("totals").is_none(), "totals come once");
}

#[tokio::test]
async fn paging_across_googles_own_pages_yields_every_row_once() {
    let bench = connected().await;
    let arguments = json!({
        "account_id": WHOLESALE, "start_date": "2026-10-01", "end_date": "2026-10-26", "by_day": true, "max_rows": 999,
    });
    let rows = bench.all_rows("get_performance", "rows", arguments).await;
    let distinct: BTreeSet<_> =
        rows.iter().map(|row| (row["date"].to_string(), row["campaign_id"].to_string())).collect();
    assert_eq!((rows.len(), distinct.len()), (400 * 26, 400 * 26));
}

#[tokio::test]
async fn a_cursor_opens_only_for_the_arguments_it_was_made_for() {
    let bench = connected().await;
    let mut arguments =
        json!({ "account_id": STUDIO, "start_date": "2026-11-01", "end_date": "2026-11-07", "max_rows": 5 });
    let page = bench.read("get_performance", arguments.clone()).await.expect("a page");
    arguments["cursor"] = page["page"]["next_cursor"].clone();
    arguments["account_id"] = OUTDOOR.into();
    assert_eq!(argument_error(bench.read("get_performance", arguments).await).field, "cursor");
}

#[tokio::test]
async fn run_gaql_sends_only_what_it_parsed_and_answers_flat_rows() {
    let bench = connected().await;
    let query = "select campaign.name, campaign_budget.explicitly_shared, metrics.clicks, metrics.conversions from \
                 campaign where segments.date during last_7_days and campaign.id in (2000001) limit 3";
    let answer = bench.read("run_gaql", json!({ "account_id": OUTDOOR, "query": query })).await.expect("an answer");
    let sent = bench.script.recorded().pop().expect("a request");
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["query"], answer["query"]);
    assert_eq!(
        body["query"],
        "SELECT campaign.name, campaign_budget.explicitly_shared, metrics.clicks, metrics.conversions FROM campaign \
         WHERE segments.date DURING LAST_7_DAYS AND campaign.id IN (2000001) LIMIT 3"
    );
    let row = answer["rows"][0].as_object().expect("a row");
    assert_eq!(row["campaign.name"], "Brand search");
    assert_eq!(row["campaign_budget.explicitly_shared"], Value::Null);
    assert!(row["metrics.clicks"].is_i64() && row["metrics.conversions"].is_number());
}

#[tokio::test]
async fn a_query_with_a_limit_counts_no_further_than_the_limit() {
    let bench = connected().await;
    let query = "SELECT campaign.id FROM campaign ORDER BY campaign.id LIMIT 120";
    let answer = bench.read("run_gaql", json!({ "account_id": WHOLESALE, "query": query })).await.expect("an answer");
    assert_eq!((&answer["page"]["shown"], &answer["page"]["total"]), (&json!(30), &json!(120)));
    assert_eq!(bench.all_rows("run_gaql", "rows", json!({ "account_id": WHOLESALE, "query": query })).await.len(), 120);
}

#[tokio::test]
async fn search_terms_come_as_typed_however_hostile() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "start_date": "2026-11-01", "end_date": "2026-11-02", "max_rows": 1000 });
    let rows = bench.all_rows("search_terms", "rows", arguments).await;
    let terms: BTreeSet<_> = rows.iter().filter_map(|row| row["search_term"].as_str()).collect();
    assert!(terms.contains("shoes' OR campaign.id > 0 --") && terms.contains("back\\slash \"quoted\""), "{terms:?}");

    for term in terms {
        let quoted = term.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\\\"");
        let query = format!(
            "SELECT search_term_view.search_term FROM search_term_view WHERE search_term_view.search_term = '{quoted}'"
        );
        let found = bench.all_rows("run_gaql", "rows", json!({ "account_id": OUTDOOR, "query": query })).await;
        assert!(!found.is_empty() && found.iter().all(|row| row["search_term_view.search_term"] == term), "{term}");
    }
}

#[tokio::test]
async fn describe_resource_names_fields_metrics_and_segments() {
    let bench = connected().await;
    let answer = bench.read("describe_resource", json!({ "resource": "campaign" })).await.expect("an answer");
    let status = answer["fields"].as_array().expect("fields").iter().find(|field| field["name"] == "campaign.status");
    assert_eq!(status.expect("a field")["allowed_in"], json!(["select", "where", "order_by"]));
    assert!(answer["metrics"].as_array().is_some_and(|metrics| metrics.contains(&json!("metrics.clicks"))));
    assert_eq!(answer["segments"], json!(["segments.date"]));
    assert_eq!(answer["joined_resources"], json!(["customer", "campaign_budget"]));

    let cut = bench
        .read("describe_resource", json!({ "resource": "campaign", "matching": "conv" }))
        .await
        .expect("an answer");
    assert_eq!(
        (&cut["fields"], &cut["metrics"]),
        (&json!([]), &json!(["metrics.conversions", "metrics.conversions_value"]))
    );
    for wrong in ["campaigns", "campaign.id", "campaign' OR name LIKE '%", "../customers", ""] {
        assert_eq!(
            argument_error(bench.read("describe_resource", json!({ "resource": wrong })).await).field,
            "resource"
        );
    }
}

#[tokio::test]
async fn figures_of_a_manager_are_refused_before_anything_is_sent() {
    let bench = connected().await;
    let before = bench.script.received();
    let period = json!({ "account_id": MANAGER, "start_date": "2026-11-01", "end_date": "2026-11-02" });
    let query = json!({ "account_id": MANAGER, "query": "SELECT metrics.clicks FROM customer" });
    for (tool, arguments) in [("get_performance", period.clone()), ("search_terms", period), ("run_gaql", query)] {
        let error = argument_error(bench.read(tool, arguments).await);
        assert!(error.problem.contains("manager account") && error.fix.contains("list_accounts"), "{error}");
    }
    assert_eq!(bench.script.received(), before);
    let clients = json!({ "account_id": MANAGER, "query": "SELECT customer_client.id FROM customer_client" });
    assert_eq!(bench.read("run_gaql", clients).await.expect("an answer")["page"]["shown"], 4);
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_the_field_and_the_fix_before_anything_is_sent() {
    let bench = connected().await;
    let before = bench.script.received();
    let good = json!({ "account_id": OUTDOOR, "start_date": "2026-11-01", "end_date": "2026-11-02" });
    for (field, value, teaches) in [
        ("account_id", json!("1000000002/campaigns"), "ten digits"),
        ("start_date", json!("2026-11-31"), "YYYY-MM-DD"),
        ("end_date", json!("2026-10-31"), "before start_date"),
        ("max_rows", json!(1001), "1 to 1000"),
        ("campaign_ids", json!(["1 OR 1=1"]), "digits"),
        ("campaign_ids", json!([]), "1 to 100 ids"),
        ("level", json!("keyword"), "campaign"),
        ("level2", json!(1), "unknown field"),
    ] {
        let mut arguments = good.clone();
        arguments[field] = value;
        let error = argument_error(bench.read("get_performance", arguments).await);
        assert!(error.field.starts_with(field) && error.to_string().contains(teaches), "{error}");
    }
    let error =
        argument_error(bench.read("run_gaql", json!({ "account_id": OUTDOOR, "query": "DROP campaign" })).await);
    assert_eq!(error.field, "query");
    assert_eq!(bench.script.received(), before);
}

#[tokio::test]
async fn a_full_default_answer_stays_below_4000_tokens() {
    let bench = connected().await;
    let period = json!({ "account_id": WHOLESALE, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let mut by_day = period.clone();
    by_day["by_day"] = true.into();
    let mut groups = by_day.clone();
    groups["level"] = "ad_group".into();
    for (tool, arguments) in [
        ("list_accounts", json!({})),
        ("list_campaigns", json!({ "account_id": WHOLESALE })),
        ("get_performance", period.clone()),
        ("get_performance", by_day),
        ("get_performance", groups),
        ("search_terms", period),
        ("describe_resource", json!({ "resource": "campaign" })),
    ] {
        let answer = bench.read(tool, arguments).await.expect("an answer");
        let length = answer.to_string().len();
        assert!(length < 11_000, "{tool}: {length} characters");
    }
}

#[test]
fn the_readme_lists_every_tool() {
    let readme = include_str!("../../README.md");
    for tool in turnpike_google_ads::integration().tools {
        assert!(readme.contains(&format!("| `{}` |", tool.spec.name)), "{}", tool.spec.name);
    }
}
