use serde_json::json;
use turnpike_core::Class;
use turnpike_sdk::ToolError;

use crate::bench::{OUTDOOR, connected};

#[tokio::test]
async fn a_preview_shows_the_change_and_makes_none() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "item_id": "101", "status": "paused" });
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.unwrap();
    assert_eq!((&before["status"], &planned.after["status"]), (&json!("active"), &json!("paused")));
    assert_eq!(planned.summary, "Sets item 101 to paused.");
    let after = bench.apply("set_status", arguments).await.unwrap();
    assert_eq!(after, planned.after);
}

#[tokio::test]
async fn an_item_that_is_not_there_is_refused_in_the_vendors_words() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "item_id": "999", "status": "paused" });
    match bench.preview("set_status", arguments).await {
        Err(ToolError::Upstream(fault)) => assert_eq!(fault.class, Class::BadRequest, "{fault}"),
        other => panic!("{:?}", other.map(|(before, _)| before)),
    }
}
