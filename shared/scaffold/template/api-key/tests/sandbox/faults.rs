use std::time::Duration;

use serde_json::json;
use turnpike_core::{Class, Clock as _};
use turnpike_sdk::Behaviour;

use crate::bench::{OUTDOOR, connected};

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    let arguments = json!({ "account_id": OUTDOOR });
    // Nothing renews a key.
    let but = [(Behaviour::ExpiredToken, Class::AuthRevoked)];
    connected().await.check_fault_classes("list_items", &arguments, &but).await;
}

#[tokio::test]
async fn the_wait_is_as_long_as_the_vendor_says_and_no_longer_than_a_day() {
    let bench = connected().await;
    for (says, waits) in [(77, 77), (1_000_000, 24 * 3600)] {
        bench.script.next(1, Behaviour::Storm { seconds: says });
        let fault = bench.fault("list_items", &json!({ "account_id": OUTDOOR })).await;
        assert_eq!(fault.retry_at, Some(bench.clock.now().plus(Duration::from_secs(waits))));
    }
}
