//! The system user reaches more accounts than a tenant may: what is named by its id alone must be of the named account.

use serde_json::{Value, json};
use turnpike_sdk::ToolError;

use crate::bench::{Bench, OUTDOOR, changes, connected};

/// Of Sandbox Bakery: the token reaches it, the connection's list does not hold it.
const THEIR_CAMPAIGN: &str = "2302001000";
const THEIR_AD_SET: &str = "2302002100";
const THEIR_AD: &str = "2302001101";

async fn narrowed() -> Bench {
    let mut bench = connected().await;
    bench.accounts.retain(|account| account.id.as_str() == OUTDOOR);
    bench
}

fn not_found<T: std::fmt::Debug>(result: Result<T, ToolError>, id: &str) {
    match result {
        Err(ToolError::Refused { reason, .. }) => {
            assert!(
                reason.starts_with("this account has no ") && reason.ends_with(&format!(" with the id {id}")),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_status_is_not_set_on_what_is_of_another_account_and_nothing_is_sent() {
    let bench = narrowed().await;
    for (level, own, theirs) in [
        ("campaign", "2301001000", THEIR_CAMPAIGN),
        ("ad_set", "2301001100", THEIR_AD_SET),
        ("ad", "2301001101", THEIR_AD),
    ] {
        for ids in [json!([theirs]), json!([own, theirs])] {
            let arguments = json!({ "account_id": OUTDOOR, "level": level, "ids": ids, "status": "PAUSED" });
            not_found(bench.preview("set_status", arguments).await, theirs);
        }
    }
    assert!(changes(&bench).is_empty(), "{:?}", changes(&bench));
    let posts = bench.script.recorded().into_iter().filter(|request| request.method == http::Method::POST).count();
    assert_eq!(posts, 0, "not even a check");
}

#[tokio::test]
async fn a_budget_is_not_set_on_what_is_of_another_account() {
    let bench = narrowed().await;
    for (level, theirs) in [("campaign", THEIR_CAMPAIGN), ("ad_set", THEIR_AD_SET)] {
        let arguments = json!({ "account_id": OUTDOOR, "level": level, "id": theirs, "daily_amount": 60 });
        not_found(bench.preview("set_budget", arguments).await, theirs);
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn a_listing_narrowed_to_what_is_of_another_account_is_empty() {
    let bench = narrowed().await;
    let empty = async |tool, rows: &str, arguments: Value| {
        let answer = bench.read(tool, arguments).await.unwrap();
        assert_eq!(answer[rows], json!([]), "{answer}");
    };
    empty("list_ad_sets", "ad_sets", json!({ "account_id": OUTDOOR, "campaign_id": THEIR_CAMPAIGN })).await;
    empty("list_ads", "ads", json!({ "account_id": OUTDOOR, "campaign_id": THEIR_CAMPAIGN })).await;
    empty("list_ads", "ads", json!({ "account_id": OUTDOOR, "ad_set_id": THEIR_AD_SET })).await;
    let figures = json!({ "account_id": OUTDOOR, "start_date": "2026-11-01", "end_date": "2026-11-02",
        "campaign_ids": [THEIR_CAMPAIGN] });
    empty("get_performance", "rows", figures).await;
    let paths: Vec<String> = bench.script.recorded().iter().map(|request| request.uri.path().to_owned()).collect();
    assert!(paths.iter().skip(1).all(|path| path.contains(OUTDOOR)), "{paths:?}");
}

#[tokio::test]
async fn ids_are_digits_before_anything_is_sent() {
    let bench = narrowed().await;
    let before = bench.script.received();
    for bad in
        ["me", "2301001000/adsets", "../2302001000", "2301001000?fields=id", "2301001000,2302001000", "act_1", " 1"]
    {
        let status = json!({ "account_id": OUTDOOR, "level": "campaign", "ids": [bad], "status": "PAUSED" });
        let budget = json!({ "account_id": OUTDOOR, "level": "campaign", "id": bad, "daily_amount": 60 });
        for (tool, arguments) in [("set_status", status), ("set_budget", budget)] {
            assert!(matches!(bench.preview(tool, arguments).await, Err(ToolError::Argument(_))), "{bad}");
        }
        let listing = json!({ "account_id": OUTDOOR, "campaign_id": bad });
        assert!(matches!(bench.read("list_ad_sets", listing).await, Err(ToolError::Argument(_))), "{bad}");
    }
    assert_eq!(bench.script.received(), before);
}
