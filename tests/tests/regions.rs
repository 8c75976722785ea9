//! Accounts that live in regions: each request goes to its own, what fails there stops nothing elsewhere, and a report's
//! link comes out nowhere.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::Clock as _;
use turnpike_sdk::Behaviour;
use turnpike_tests::app::{Tenant, TestApp};

const NAME: &str = "amazon-ads";
/// Near the end of 64 bits, in North America.
const OUTDOOR: &str = "18446744073709551557";
/// The first whole number that a float cannot hold, in Europe.
const BAKERY: &str = "9007199254740993";
const CANADA: &str = "1000000000002";

async fn list(tenant: &Tenant, account: &str) -> Value {
    tenant.agent.call(NAME, "list_campaigns", json!({ "account_id": account, "max_rows": 2 })).await
}

async fn class(tenant: &Tenant, account: &str) -> String {
    list(tenant, account).await["_meta"]["error"]["class"].as_str().unwrap_or("answered").to_owned()
}

/// Arguments of a report about yesterday: of days long past Amazon makes none.
fn report(app: &TestApp, account: &str) -> Value {
    let yesterday = app.clock.now().minus(Duration::from_secs(86_400)).to_utc().date_naive().to_string();
    json!({ "account_id": account, "start_date": yesterday, "end_date": yesterday })
}

#[tokio::test]
async fn an_id_of_64_bits_goes_all_the_way_with_the_headers_of_its_own_region() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let script = &app.vendor(NAME).script;
    for (account, region) in [(OUTDOOR, "na"), (BAKERY, "eu"), ("3000000000001", "fe")] {
        let answer = list(&tenant, account).await;
        assert_eq!(answer["structuredContent"]["account"]["account_id"], account, "{answer}");
        let sent = script.recorded().pop().unwrap();
        assert_eq!(sent.uri.path(), format!("/{region}/sp/campaigns/list"));
        assert_eq!(sent.headers["amazon-advertising-api-scope"], account);
        assert_eq!(sent.headers["amazon-advertising-api-clientid"], "amzn1.application-oa2-client.sandbox");
        let only = |name: &str| sent.headers.get_all(name).iter().count() == 1;
        assert!(only("content-type") && only("accept") && sent.headers["content-type"] == sent.headers["accept"]);
    }
    let before = script.received();
    for stranger in ["9999999999999999999", "18446744073709551615", "18446744073709550000"] {
        assert_eq!(class(&tenant, stranger).await, "unknown_account", "{stranger}");
    }
    assert_eq!(script.received(), before, "nothing is sent for an account that is not on the list");
}

#[tokio::test]
async fn a_401_about_a_profile_refreshes_nothing_and_opens_no_breaker() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let vendor = app.vendor(NAME);
    let refreshes = vendor.tokens.as_ref().unwrap().refreshes();
    for _ in 0..6 {
        vendor.script.next(1, Behaviour::Permission);
        let error = tenant.agent.refused(NAME, "list_campaigns", json!({ "account_id": OUTDOOR })).await;
        assert_eq!(error["class"], "permission");
        assert!(error["message"].as_str().unwrap().contains("Not authorized to access scope"), "{error}");
    }
    assert_eq!(vendor.tokens.as_ref().unwrap().refreshes(), refreshes);
    assert_eq!(class(&tenant, OUTDOOR).await, "answered");
}

#[tokio::test]
async fn an_ended_token_is_refreshed_once_and_is_good_in_every_region() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let tokens = app.vendor(NAME).tokens.clone().unwrap();
    let refreshes = tokens.refreshes();
    assert_eq!(refreshes, 1, "three regions were listed with one token");
    tokens.expire_all();
    assert_eq!(class(&tenant, OUTDOOR).await, "answered");
    assert_eq!(class(&tenant, BAKERY).await, "answered");
    assert_eq!(tokens.refreshes(), refreshes + 1);
    tokens.revoke();
    assert_eq!(class(&tenant, BAKERY).await, "reconnect_needed");
}

#[tokio::test]
async fn a_region_that_fails_is_left_alone_and_the_others_go_on() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let script = &app.vendor(NAME).script;
    script.next(6, Behaviour::Status { code: 503 });
    assert_eq!(class(&tenant, OUTDOOR).await, "upstream");
    assert_eq!(class(&tenant, OUTDOOR).await, "breaker_open");
    script.clear();
    let before = script.received();
    assert_eq!(class(&tenant, CANADA).await, "breaker_open", "the same host");
    assert_eq!(script.received(), before);
    assert_eq!(class(&tenant, BAKERY).await, "answered");
}

#[tokio::test]
async fn a_full_queue_of_reports_stops_the_reports_of_its_region_for_minutes_and_nothing_else() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let script = &app.vendor(NAME).script;
    script.next(1, Behaviour::Storm { seconds: 0 });
    let error = tenant.agent.refused(NAME, "get_performance", report(&app, OUTDOOR)).await;
    assert_eq!((&error["class"], error["retry_at"].is_string()), (&json!("rate_storm"), true), "{error}");
    let before = script.received();
    let error = tenant.agent.refused(NAME, "search_terms", report(&app, CANADA)).await;
    assert_eq!((&error["class"], script.received()), (&json!("rate_storm"), before), "the queue is the region's");
    assert_eq!(class(&tenant, OUTDOOR).await, "answered");
    tenant.agent.ok(NAME, "get_performance", report(&app, BAKERY)).await;
}

#[tokio::test]
async fn a_throttled_profile_leaves_its_neighbour_alone() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor(NAME).script.next(1, Behaviour::Storm { seconds: 600 });
    assert_eq!(class(&tenant, OUTDOOR).await, "rate_storm");
    assert_eq!(class(&tenant, OUTDOOR).await, "rate_storm");
    assert_eq!(class(&tenant, CANADA).await, "answered");
}

#[tokio::test]
async fn the_link_of_a_report_is_used_bare_and_kept_nowhere() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let result = tenant.agent.call(NAME, "get_performance", report(&app, BAKERY)).await;
    assert_eq!(result["isError"], false, "{result}");
    let fetched = app.vendor(NAME).script.recorded().pop().unwrap();
    assert!(fetched.uri.path().starts_with("/report-files/"), "{}", fetched.uri);
    let names: Vec<_> = fetched.headers.keys().map(ToString::to_string).collect();
    assert!(names.iter().all(|name| ["host", "accept", "accept-encoding"].contains(&name.as_str())), "{names:?}");

    let row = app.calls(tenant.id).await.remove(0);
    assert!(row.steps.contains("(a file by link)") && row.upstream_requests >= 3, "{}", row.steps);
    for place in [&row.steps, &result.to_string()] {
        assert!(!place.contains("Signature") && !place.contains("report-files"), "{place}");
    }
}

#[tokio::test]
async fn a_region_that_refuses_while_connecting_takes_nothing_from_the_others() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    app.vendor(NAME).script.next(1, Behaviour::Permission);
    let found = app.connect(tenant.id, NAME).await.accounts;
    assert!(!found.is_empty() && found.len() < 7, "{found:?}");
    assert_eq!(app.connect(tenant.id, NAME).await.accounts.len(), 7, "connecting again finds the rest");
}
