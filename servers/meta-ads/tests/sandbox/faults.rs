use std::time::Duration;

use serde_json::json;
use turnpike_core::{Class, Clock as _, Fault, Scope};
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{BUSY, Bench, OUTDOOR, connected, unconnected};

async fn fault(bench: &Bench) -> Fault {
    bench.fault("list_campaigns", &json!({ "account_id": OUTDOOR })).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    connected().await.check_fault_classes("list_campaigns", &json!({ "account_id": OUTDOOR }), &[]).await;
}

#[tokio::test]
async fn throttles_come_with_400_and_403_and_say_when_in_units_of_their_own() {
    let bench = connected().await;
    let now = bench.clock.now();
    bench.script.next(1, Behaviour::Storm { seconds: 77 });
    let storm = fault(&bench).await;
    assert_eq!((storm.scope, storm.code.as_deref()), (Scope::Account, Some("17/2446079")));
    assert_eq!(storm.retry_at, Some(now.plus(Duration::from_secs(77))));
    bench.script.next(1, Behaviour::QuotaDaily { seconds: 600 });
    let quota = fault(&bench).await;
    assert_eq!((quota.scope, quota.code.as_deref()), (Scope::Account, Some("80004/2446079")));
    assert_eq!(quota.retry_at, Some(now.plus(Duration::from_secs(600))));
    assert_eq!(quota.request_id.as_deref(), Some("AsandboxTrace"));
}

#[tokio::test]
async fn climbing_usage_asks_for_a_hold_before_meta_refuses() {
    let bench = connected().await;
    let ask = || bench.read("list_campaigns", json!({ "account_id": BUSY }));
    for _ in 0..7 {
        ask().await.unwrap();
        assert_eq!(bench.take_holds(), []);
        bench.clock.advance(Duration::from_secs(10));
    }
    ask().await.unwrap();
    let [hold] = bench.take_holds()[..] else { panic!("one hold") };
    // What is left of the five minutes.
    assert_eq!((hold.class, hold.scope), (Class::RateStorm, Scope::Account));
    assert_eq!(hold.until.since(bench.clock.now()), Duration::from_secs(230));

    let Err(ToolError::Upstream(refused)) = ask().await else { panic!("a refusal") };
    assert_eq!((refused.class, refused.retry_at), (Class::RateStorm, Some(hold.until)));
    bench.clock.advance(Duration::from_secs(230));
    ask().await.unwrap();
    assert_eq!(bench.take_holds(), []);
}

#[tokio::test]
async fn a_user_without_an_account_is_told_what_to_do() {
    let bench = unconnected().await;
    bench.script.next(1, Behaviour::Permission);
    let error = bench.find_accounts().await.expect_err("a refusal");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Permission));
}
