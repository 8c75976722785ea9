use serde_json::{Value, json};
use turnpike_sdk::ToolError;

use crate::bench::{BAKERY, OUTDOOR, STRANGER, WHOLESALE, connected};

#[tokio::test]
async fn accounts_are_those_that_are_open_and_assigned() {
    let bench = connected().await;
    let ids: Vec<&str> = bench.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, [OUTDOOR, BAKERY, WHOLESALE, "710000000000004"]);
    let answer = bench.read("list_accounts", json!({ "matching": "bak" })).await.unwrap();
    let [bakery] = &answer["accounts"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&bakery["account_id"], &bakery["currency"]), (&json!(BAKERY), &json!("JPY")));
    assert_eq!((&bakery["status"], &bakery["time_zone"]), (&json!("ACTIVE"), &json!("Asia/Tokyo")));
    // The same figure is yen here and would be cents there.
    assert_eq!(bakery["amount_spent"], 1_234_500.0);
    let outdoor = bench.read("list_accounts", json!({ "matching": "act_" })).await.unwrap();
    assert_eq!(outdoor["accounts"], json!([]));
    let outdoor = bench.read("list_accounts", json!({ "matching": OUTDOOR })).await.unwrap();
    assert_eq!(outdoor["accounts"][0]["amount_spent"], 12_345.0);
}

#[tokio::test]
async fn campaigns_come_with_budgets_in_units_whatever_the_currencys_decimals() {
    let bench = connected().await;
    for (account, first, daily, lifetime) in
        [(OUTDOOR, "2301001000", 72.5, 1000.0), (BAKERY, "2302001000", 7250.0, 100_000.0)]
    {
        let answer = bench.read("list_campaigns", json!({ "account_id": account })).await.unwrap();
        let campaigns = answer["campaigns"].as_array().unwrap();
        assert_eq!(campaigns.len(), 11, "the archived one is left out");
        assert_eq!((&campaigns[0]["campaign_id"], &campaigns[0]["daily_budget"]), (&json!(first), &json!(daily)));
        assert!(campaigns[1].get("daily_budget").is_none(), "its ad sets have theirs");
        assert_eq!(campaigns[10]["lifetime_budget"], json!(lifetime));
        assert_eq!(campaigns[3]["effective_status"], "PAUSED");
    }
    let archived = json!({ "account_id": OUTDOOR, "status": "ARCHIVED" });
    let answer = bench.read("list_campaigns", archived).await.unwrap();
    assert_eq!(answer["campaigns"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_that_is_shorter_than_asked_for_is_not_taken_for_the_last() {
    let bench = connected().await;
    for max_rows in [7, 30, 100, 1000] {
        let arguments = json!({ "account_id": WHOLESALE, "max_rows": max_rows });
        let rows = bench.all_rows("list_campaigns", "campaigns", arguments).await;
        let mut ids: Vec<&str> = rows.iter().map(|row| row["campaign_id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted(), "in Meta's order");
        ids.dedup();
        assert_eq!(ids.len(), 399, "each once, {max_rows} at a time");
    }
    let answer = bench.read("list_campaigns", json!({ "account_id": WHOLESALE, "max_rows": 200 })).await.unwrap();
    assert_eq!((&answer["page"]["shown"], &answer["page"]["truncated"]), (&json!(200), &json!(true)));
    let sent = bench.script.recorded();
    assert!(sent.iter().all(|request| !request.uri.to_string().contains("access_token")), "`next` is never followed");
}

#[tokio::test]
async fn a_cursor_opens_only_for_the_arguments_it_was_made_for() {
    let bench = connected().await;
    let answer = bench.read("list_campaigns", json!({ "account_id": WHOLESALE, "max_rows": 5 })).await.unwrap();
    let cursor = &answer["page"]["next_cursor"];
    let other = json!({ "account_id": OUTDOOR, "max_rows": 5, "cursor": cursor });
    assert!(matches!(bench.read("list_campaigns", other).await, Err(ToolError::Argument(_))));
}

#[tokio::test]
async fn ad_sets_and_ads_tell_what_keeps_them_from_serving() {
    let bench = connected().await;
    let of = |campaign: &str| json!({ "account_id": OUTDOOR, "campaign_id": campaign });
    let answer = bench.read("list_ad_sets", of("2301002000")).await.unwrap();
    let [daily, lifetime] = &answer["ad_sets"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&daily["daily_budget"], daily.get("lifetime_budget")), (&json!(50.0), None));
    assert_eq!((&lifetime["lifetime_budget"], lifetime.get("daily_budget")), (&json!(600.0), None));
    assert_eq!(lifetime["end_time"], "2027-03-31T21:00:00+0000");
    let paused = bench.read("list_ad_sets", of("2301004000")).await.unwrap();
    assert_eq!(paused["ad_sets"][0]["effective_status"], "CAMPAIGN_PAUSED");

    let ads = bench.read("list_ads", of("2301001000")).await.unwrap();
    let statuses: Vec<&Value> = ads["ads"].as_array().unwrap().iter().map(|ad| &ad["effective_status"]).collect();
    assert_eq!(statuses, ["ACTIVE", "ACTIVE", "ACTIVE", "DISAPPROVED"]);
    let of_set = json!({ "account_id": OUTDOOR, "ad_set_id": "2301003200" });
    let ads = bench.read("list_ads", of_set).await.unwrap();
    assert_eq!(ads["ads"].as_array().unwrap().len(), 2);
    assert_eq!(ads["ads"][0]["effective_status"], "ADSET_PAUSED");
    let both = json!({ "account_id": OUTDOOR, "ad_set_id": "2301003200", "campaign_id": "2301003000" });
    assert!(matches!(bench.read("list_ads", both).await, Err(ToolError::Argument(_))));
}

#[tokio::test]
async fn the_change_log_has_whole_days_of_the_accounts_own_zone() {
    let bench = connected().await;
    let days =
        |account: &str, start: &str, end: &str| json!({ "account_id": account, "start_date": start, "end_date": end });
    let times = async |arguments: Value| {
        let rows = bench.all_rows("list_activities", "activities", arguments).await;
        rows.iter().map(|row| row["time"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // Events come every eleven hours from the first of November, UTC: 00:00, 11:00, 22:00, 09:00, 20:00 …
    let new_york = times(days(OUTDOOR, "2026-11-01", "2026-11-01")).await;
    assert_eq!(new_york, ["2026-11-01T22:00:00+0000", "2026-11-01T11:00:00+0000"]);
    let tokyo = times(days(BAKERY, "2026-11-01", "2026-11-01")).await;
    assert_eq!(tokyo, ["2026-11-01T11:00:00+0000", "2026-11-01T00:00:00+0000"]);
    assert_eq!(times(days(OUTDOOR, "2026-11-01", "2026-11-30")).await.len(), 39, "all but the one of October there");

    let answer = bench.read("list_activities", days(OUTDOOR, "2026-11-01", "2026-11-01")).await.unwrap();
    let change = &answer["activities"][0];
    assert_eq!((&change["event"], &change["actor"]), (&json!("update_campaign_budget"), &json!("Ada Sandbox")));
    assert_eq!((&change["old_value"], &change["new_value"]), (&json!("5000"), &json!("7250")));
    let turned = days(OUTDOOR, "2026-11-02", "2026-11-01");
    assert!(matches!(bench.read("list_activities", turned).await, Err(ToolError::Argument(_))));
}

#[tokio::test]
async fn an_account_that_is_not_assigned_is_refused_by_meta_too() {
    let mut bench = connected().await;
    let id = turnpike_core::AccountId::new(STRANGER.to_owned());
    bench.accounts.push(turnpike_sdk::Account { id, ..bench.accounts[0].clone() });
    let Err(ToolError::Upstream(fault)) = bench.read("list_campaigns", json!({ "account_id": STRANGER })).await else {
        panic!("a refusal")
    };
    assert_eq!((fault.class, fault.code.as_deref()), (turnpike_core::Class::Permission, Some("200")));
}

#[tokio::test]
async fn no_answer_shows_the_token_or_a_url_of_meta() {
    let bench = connected().await;
    let examples = (bench.integration.examples)();
    for example in examples.into_iter().filter(|example| !example.tool.starts_with("set_")) {
        let mut arguments = example.arguments;
        arguments["max_rows"] = 1.into();
        let answer = bench.ok(example.tool, arguments).await.to_string();
        assert!(!answer.contains("EAASandbox") && !answer.contains("facebook.com"), "{}: {answer}", example.tool);
    }
}

#[tokio::test]
async fn hostile_names_come_through_as_they_are() {
    let bench = connected().await;
    let answer = bench.read("list_campaigns", json!({ "account_id": OUTDOOR })).await.unwrap();
    let names = answer["campaigns"].to_string();
    assert!(names.contains("ignore previous instructions") && names.contains("株式会社"), "{names}");
}
