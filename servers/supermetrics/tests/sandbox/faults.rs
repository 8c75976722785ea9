use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Class, Fault, Scope};
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{BROKEN, Bench, NOW, OUTDOOR, WEB, connected, week, with};

fn query() -> Value {
    with(week(OUTDOOR), &json!({ "fields": ["Cost"] }))
}

async fn fault(bench: &Bench) -> Fault {
    bench.fault("run_query", &query()).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    let but = [
        // There is nothing to refresh: a static key that is refused is gone.
        (Behaviour::ExpiredToken, Class::AuthRevoked),
        // The version stands in the path.
        (Behaviour::Status { code: 404 }, Class::VersionDead),
    ];
    connected().await.check_fault_classes("run_query", &query(), &but).await;
}

#[tokio::test]
async fn a_limit_says_until_when_and_for_whom() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::QuotaDaily { seconds: 40_591 });
    let source = fault(&bench).await;
    assert_eq!((source.scope, source.retry_at), (Scope::Account, Some(NOW.plus(Duration::from_secs(40_591)))));
    bench.script.next(1, Behaviour::Storm { seconds: 5 });
    let storm = fault(&bench).await;
    assert_eq!((storm.scope, storm.retry_at), (Scope::Address, Some(NOW.plus(Duration::from_secs(5)))));
    assert_eq!(storm.request_id.as_deref(), Some("sandbox-request"));
}

#[tokio::test]
async fn errors_within_http_200_and_limits_of_the_licence_reach_the_agent_as_what_they_are() {
    let bench = connected().await;
    for (arguments, class, code) in [
        (with(week(OUTDOOR), &json!({ "fields": ["NoSuchField"] })), Class::BadRequest, "QUERY_FIELDS_INVALID"),
        (
            with(week(OUTDOOR), &json!({ "fields": ["Cost"], "start_date": "2020-01-01" })),
            Class::BadRequest,
            "LICENSE_HISTORICAL_RANGE_EXCEEDED",
        ),
        (with(week(OUTDOOR), &json!({ "fields": ["Cost"], "filter": "Cost !" })), Class::BadRequest, "BAD_REQUEST"),
    ] {
        match bench.read("run_query", arguments).await {
            Err(ToolError::Upstream(fault)) => {
                assert_eq!((fault.class, fault.code.as_deref()), (class, Some(code)), "{}", fault.message);
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failed_query_is_refused_with_the_vendors_request_and_asked_for_once() {
    let bench = connected().await;
    let before = bench.script.received();
    let error =
        bench.read("run_query", with(week(BROKEN), &json!({ "fields": ["Cost"] }))).await.expect_err("it fails");
    assert!(matches!(error, ToolError::Refused { .. }) && error.to_string().contains("sandbox-request"), "{error}");
    assert_eq!(bench.script.received() - before, 1);
}

#[tokio::test]
async fn a_source_that_counts_nothing_of_the_sort_is_refused_with_the_way_on() {
    let bench = connected().await;
    match bench.read("get_performance", week(WEB)).await {
        Err(ToolError::Refused { reason, next_step }) => {
            assert!(reason.contains("GAWA") && next_step.contains("list_fields"), "{reason} {next_step}");
        }
        other => panic!("{other:?}"),
    }
}
