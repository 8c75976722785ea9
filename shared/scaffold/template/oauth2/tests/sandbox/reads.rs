use serde_json::json;

use crate::bench::{OUTDOOR, WHOLESALE, connected};

#[tokio::test]
async fn a_connection_finds_open_accounts_of_its_own_only() {
    let bench = connected().await;
    let ids: Vec<_> = bench.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(ids, [OUTDOOR, WHOLESALE]);
}

#[tokio::test]
async fn every_item_is_listed_once_whatever_the_size_of_the_page() {
    let bench = connected().await;
    let whole = bench.all_rows("list_items", "items", json!({ "account_id": WHOLESALE, "max_rows": 1000 })).await;
    let paged = bench.all_rows("list_items", "items", json!({ "account_id": WHOLESALE, "max_rows": 130 })).await;
    assert_eq!((whole.len(), &whole), (250, &paged));
}

#[tokio::test]
async fn a_listing_can_be_narrowed_to_a_status() {
    let bench = connected().await;
    let answer = bench.ok("list_items", json!({ "account_id": OUTDOOR, "status": "paused" })).await;
    assert_eq!(answer["page"]["total"], 2);
    assert!(answer["items"].as_array().unwrap().iter().all(|item| item["status"] == "paused"), "{answer}");
}
