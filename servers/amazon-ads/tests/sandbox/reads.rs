use std::collections::BTreeSet;

use serde_json::{Value, json};
use turnpike_core::{AccountId, Class};
use turnpike_sdk::ToolError;

use crate::bench::{ARCHIVE, BAKERY, OUTDOOR, STRANGER, TEA, WHOLESALE, connected, with};

#[tokio::test]
async fn list_accounts_shows_each_profile_with_its_region() {
    let bench = connected().await;
    let answer = bench.ok("list_accounts", json!({})).await;
    assert_eq!(
        answer["accounts"][0],
        json!({ "account_id": OUTDOOR, "name": "Sandbox Outdoor (US)", "currency": "USD",
            "time_zone": "America/Los_Angeles", "region": "na" })
    );
    let answer = bench.ok("list_accounts", json!({ "matching": "(de)" })).await;
    assert_eq!((&answer["page"]["total"], &answer["accounts"][0]["account_id"]), (&json!(1), &json!(BAKERY)));
}

#[tokio::test]
async fn list_campaigns_shows_budgets_and_leaves_archived_ones_out() {
    let bench = connected().await;
    let answer = bench.ok("list_campaigns", json!({ "account_id": OUTDOOR })).await;
    assert_eq!(answer["page"], json!({ "shown": 11, "total": 11, "truncated": false }));
    assert_eq!(
        answer["campaigns"][0],
        json!({ "campaign_id": "1000001", "name": "Brand awareness", "status": "ENABLED", "targeting": "MANUAL",
            "daily_budget": 72.5, "start_date": "2026-01-05" })
    );
    assert_eq!(answer["campaigns"][10]["campaign_id"], "18000000000001000001", "every digit of a long id");
    for (state, shown) in [("ENABLED", 8), ("PAUSED", 2), ("ARCHIVED", 1), ("PROPOSED", 1)] {
        let answer = bench.ok("list_campaigns", json!({ "account_id": OUTDOOR, "status": state })).await;
        assert_eq!(answer["page"]["shown"], shown, "{state}");
    }
    let named = bench.ok("list_campaigns", json!({ "account_id": OUTDOOR, "name": "A&B" })).await;
    assert_eq!((&named["page"]["shown"], &named["campaigns"][0]["name"]), (&json!(1), &json!("Q4 (US), brand's: A&B")));
}

#[tokio::test]
async fn ad_groups_and_keywords_are_listed_by_campaign_and_by_ad_group() {
    let bench = connected().await;
    let of = |more: Value| with(json!({ "account_id": BAKERY }), &more);
    let groups = bench.ok("list_ad_groups", of(json!({ "campaign_ids": ["4000001"] }))).await;
    assert_eq!(
        groups["ad_groups"],
        json!([
            { "ad_group_id": "4100011", "campaign_id": "4000001", "name": "Bestsellers 1", "status": "ENABLED", "default_bid": 0.5 },
            { "ad_group_id": "4100012", "campaign_id": "4000001", "name": "Trial 1", "status": "PAUSED", "default_bid": 0.5 },
        ])
    );
    let keywords = bench.ok("list_keywords", of(json!({ "ad_group_ids": ["4100012"] }))).await;
    assert_eq!(
        keywords["keywords"],
        json!([
            { "keyword_id": "41000120", "keyword": "tent", "match_type": "EXACT", "status": "ENABLED",
                "campaign_id": "4000001", "ad_group_id": "4100012", "bid": 0.75 },
            { "keyword_id": "41000121", "keyword": "camping stove", "match_type": "PHRASE", "status": "ENABLED",
                "campaign_id": "4000001", "ad_group_id": "4100012" },
        ])
    );
    // Amazon chooses by itself in every third campaign.
    let automatic = bench.ok("list_keywords", of(json!({ "campaign_ids": ["4000003"] }))).await;
    assert_eq!(automatic["page"]["shown"], 0);
}

#[tokio::test]
async fn paging_across_amazons_own_pages_yields_every_row_once() {
    let bench = connected().await;
    for max_rows in [7, 100, 150, 1000] {
        let arguments = json!({ "account_id": WHOLESALE, "max_rows": max_rows });
        let first = bench.ok("list_campaigns", arguments.clone()).await;
        assert_eq!((&first["page"]["shown"], &first["page"]["total"]), (&json!(max_rows.min(399)), &json!(399)));
        let rows = bench.all_rows("list_campaigns", "campaigns", arguments).await;
        let distinct: BTreeSet<_> = rows.iter().map(|row| row["campaign_id"].to_string()).collect();
        assert_eq!((rows.len(), distinct.len()), (399, 399), "{max_rows}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_question_only() {
    let bench = connected().await;
    let first = bench.ok("list_campaigns", json!({ "account_id": WHOLESALE, "max_rows": 5 })).await;
    let cursor = &first["page"]["next_cursor"];
    for arguments in [
        json!({ "account_id": BAKERY, "max_rows": 5, "cursor": cursor }),
        json!({ "account_id": WHOLESALE, "max_rows": 5, "status": "PAUSED", "cursor": cursor }),
        json!({ "account_id": WHOLESALE, "max_rows": 5, "cursor": "AoEBc2FuZGJveA==5" }),
    ] {
        let error = bench.read("list_campaigns", arguments).await.expect_err("another question");
        assert!(matches!(error, ToolError::Argument(error) if error.field == "cursor"));
    }
}

#[tokio::test]
async fn each_request_names_its_profile_and_goes_to_its_region() {
    let bench = connected().await;
    for (account, region) in [(OUTDOOR, "na"), (BAKERY, "eu"), (TEA, "fe")] {
        bench.ok("list_campaigns", json!({ "account_id": account, "max_rows": 1 })).await;
        let sent = bench.script.recorded().pop().expect("a request");
        assert_eq!(sent.uri.path(), format!("/{region}/sp/campaigns/list"));
        assert_eq!(sent.headers["amazon-advertising-api-scope"], account);
        for header in ["content-type", "accept"] {
            assert_eq!(sent.headers[header], "application/vnd.spCampaign.v3+json", "{header}");
        }
        let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
        assert!(body.get("includeExtendedDataFields").is_none(), "it weighs five times as much");
    }
}

#[tokio::test]
async fn a_profile_that_is_not_the_users_or_of_another_region_is_refused_without_a_refresh() {
    let mut bench = connected().await;
    let mut add = |id: &'static str, region: &str| {
        let account = bench.accounts[0].clone();
        bench.accounts.push(turnpike_sdk::Account { id: AccountId::new(id), region: Some(region.into()), ..account });
    };
    add(STRANGER, "na");
    add("777", "eu");
    for (account, words) in [(STRANGER, "Not authorized to access scope"), ("777", "No matching advertiser")] {
        let error = bench.read("list_campaigns", json!({ "account_id": account })).await.expect_err("a foreign one");
        let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
        assert_eq!(fault.class, Class::Permission);
        assert!(fault.message.starts_with(words), "{}", fault.message);
    }
    let outdoor = bench.accounts.iter_mut().find(|account| account.id.as_str() == OUTDOOR).expect("it is there");
    outdoor.region = Some("fe".into());
    let error = bench.read("list_campaigns", json!({ "account_id": OUTDOOR })).await.expect_err("the wrong region");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Permission));
}

#[tokio::test]
async fn an_id_of_another_profile_is_an_id_that_does_not_exist() {
    let bench = connected().await;
    // Campaign and ad group of the bakery's profile, asked for in another.
    let of_another = json!({ "account_id": ARCHIVE, "campaign_ids": ["4000001"] });
    for tool in ["list_ad_groups", "list_keywords"] {
        assert_eq!(bench.ok(tool, of_another.clone()).await["page"]["shown"], 0, "{tool}");
    }
    for (level, id) in [("campaign", "4000001"), ("ad_group", "4100011")] {
        let arguments = json!({ "account_id": ARCHIVE, "level": level, "ids": [id], "status": "PAUSED" });
        let error = bench.preview("set_status", arguments).await.expect_err("not found");
        assert!(matches!(error, ToolError::Refused { reason, .. } if reason.contains(&format!("with the id {id}"))));
    }
    let budget = json!({ "account_id": ARCHIVE, "campaign_id": "4000001", "daily_amount": 20 });
    let error = bench.preview("set_budget", budget).await.expect_err("not found");
    assert!(matches!(error, ToolError::Refused { reason, .. } if reason.contains("no campaign with the id 4000001")));
}
