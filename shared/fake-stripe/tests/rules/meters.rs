//! Meters, their events and summaries.

use serde_json::json;

use crate::ask::{Ask, START, Told};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_repeated_identifier_is_refused_for_a_day_and_counted_again_after_it() {
    let ask = Ask::new().await;
    let (customer, _) = (ask.customer().await, ask.meter().await);
    let at = START.to_string();
    let send = async || ask.event(&customer, "5", &[("identifier", "u1"), ("timestamp", &at)]).await;
    send().await.ok();
    ask.fake.advance(START + DAY - 1).await;
    let again = send().await;
    assert_eq!(again.refusal(), (400, "invalid_request_error", "An event already exists with identifier u1."));
    assert_eq!(again.should_retry.as_deref(), Some("false"));
    assert_eq!(ask.fake.meter_total(&customer, START, START + HOUR), 5);
    ask.fake.advance(START + DAY).await;
    send().await.ok();
    assert_eq!(ask.fake.meter_total(&customer, START, START + HOUR), 10);
}

#[tokio::test]
async fn an_event_must_be_of_the_last_35_days_and_hardly_ahead() {
    let ask = Ask::new().await;
    let (customer, _) = (ask.customer().await, ask.meter().await);
    for (at, wanted) in [
        (START - 35 * DAY, None),
        (START - 35 * DAY - 1, Some("timestamp_too_far_in_past")),
        (START + 300, None),
        (START + 301, Some("timestamp_in_future")),
    ] {
        check(&ask.event(&customer, "1", &[("timestamp", &at.to_string())]).await, wanted, &at.to_string());
    }
}

#[tokio::test]
async fn a_value_is_a_whole_number_of_at_most_15_digits() {
    let ask = Ask::new().await;
    let (customer, _) = (ask.customer().await, ask.meter().await);
    for (value, wanted) in [
        ("0", None),
        ("-3", None),
        ("999999999999999", None),
        ("1000000000000000", Some("meter_event_value_too_many_digits")),
        ("1.5", Some("meter_event_invalid_value")),
        ("many", Some("meter_event_invalid_value")),
        ("", Some("meter_event_invalid_value")),
    ] {
        check(&ask.event(&customer, value, &[]).await, wanted, value);
    }
    check(&ask.event("", "1", &[]).await, Some("meter_event_no_customer_defined"), "no customer");
}

fn check(told: &Told, wanted: Option<&str>, case: &str) {
    match wanted {
        None => assert_eq!(told.status, 200, "{case}: {}", told.body),
        Some(code) => assert_eq!(told.refusal(), (400, "invalid_request_error", code), "{case}"),
    }
}

#[tokio::test]
async fn an_unknown_customer_is_found_out_after_the_answer() {
    let ask = Ask::new().await;
    let meter = ask.meter().await;
    ask.event("cus_gone", "1", &[("identifier", "u1")]).await.ok();
    let events = ask.fake.events();
    let thin = events.last().expect("an event");
    assert_eq!(thin["type"], "v1.billing.meter.error_report_triggered");
    assert_eq!(thin["related_object"]["id"], *meter);
    let fetched = ask.get(&format!("/v2/core/events/{}", thin["id"].as_str().expect("an id")), &[]).await.ok();
    let kind = &fetched["data"]["reason"]["error_types"][0];
    assert_eq!(kind["code"], "meter_event_customer_not_found");
    assert_eq!(kind["sample_errors"][0]["request"]["identifier"], "u1");
}

#[tokio::test]
async fn summaries_are_of_hours_and_late() {
    let ask = Ask::new().await;
    let (customer, meter) = (ask.customer().await, ask.meter().await);
    ask.fake.advance(START + 3 * HOUR).await;
    for (at, value) in [(START, "5"), (START + HOUR - 1, "6"), (START + HOUR, "7"), (START + 2 * HOUR, "8")] {
        ask.event(&customer, value, &[("timestamp", &at.to_string())]).await.ok();
    }
    let ask_for = async |start: i64, end: i64, window: Option<&str>| {
        let (start, end) = (start.to_string(), end.to_string());
        let mut form = vec![("customer", &*customer), ("start_time", &*start), ("end_time", &*end)];
        form.extend(window.map(|window| ("value_grouping_window", window)));
        ask.get(&format!("/v1/billing/meters/{meter}/event_summaries"), &form).await
    };
    let of_hours = ask_for(START, START + 2 * HOUR, Some("hour")).await.ok();
    let values: Vec<_> =
        of_hours["data"].as_array().expect("a list").iter().map(|sum| &sum["aggregated_value"]).collect();
    assert_eq!(values, [&json!(7), &json!(11)]);
    assert_eq!(ask_for(START, START + 3 * HOUR, None).await.ok()["data"][0]["aggregated_value"], 26);
    assert_eq!(ask_for(START + 60, START + HOUR, Some("hour")).await.status, 400);
    assert_eq!(ask_for(START + 60, START + HOUR, None).await.status, 200);
    assert_eq!(ask_for(START + 1, START + HOUR, None).await.status, 400);
    ask.fake.set_summary_lag(60);
    assert_eq!(ask_for(START, START + 2 * HOUR, Some("hour")).await.ok()["data"], json!([]));
    assert_eq!(ask.fake.meter_total(&customer, START, START + 3 * HOUR), 26);
}

#[tokio::test]
async fn an_event_can_be_cancelled_for_a_day() {
    let ask = Ask::new().await;
    let (customer, _) = (ask.customer().await, ask.meter().await);
    ask.event(&customer, "5", &[("identifier", "u1")]).await.ok();
    ask.event(&customer, "6", &[("identifier", "u2")]).await.ok();
    let cancel = async |identifier: &str| {
        let form = [("event_name", "units"), ("type", "cancel"), ("cancel[identifier]", identifier)];
        ask.post("/v1/billing/meter_event_adjustments", &form).await.status
    };
    assert_eq!([cancel("u1").await, cancel("u1").await, cancel("u3").await], [200, 400, 400]);
    ask.fake.advance(START + DAY).await;
    assert_eq!(cancel("u2").await, 400);
    assert_eq!(ask.fake.meter_total(&customer, START, START + DAY), 6);
}

#[tokio::test]
async fn an_archived_meter_takes_nothing_and_goes_on_no_price() {
    let ask = Ask::new().await;
    let (customer, meter) = (ask.customer().await, ask.meter().await);
    let form = [("display_name", "Units"), ("event_name", "units"), ("default_aggregation[formula]", "sum")];
    assert_eq!(ask.post("/v1/billing/meters", &form).await.refusal().2, "resource_already_exists");
    ask.post(&format!("/v1/billing/meters/{meter}/deactivate"), &[]).await.ok();
    check(&ask.event(&customer, "1", &[]).await, Some("archived_meter"), "archived");
    let product = ask.make("/v1/products", &[("name", "Calls")]).await;
    let price = [
        ("currency", "usd"),
        ("product", &*product),
        ("unit_amount", "1"),
        ("recurring[interval]", "month"),
        ("recurring[usage_type]", "metered"),
        ("recurring[meter]", &*meter),
    ];
    assert_eq!(ask.post("/v1/prices", &price).await.refusal().2, "archived_meter");
    ask.post(&format!("/v1/billing/meters/{meter}/reactivate"), &[]).await.ok();
    ask.post("/v1/prices", &price).await.ok();
    ask.event(&customer, "1", &[]).await.ok();
    assert_eq!(
        ask.post(&format!("/v1/billing/meters/{meter}"), &[("event_name", "calls")]).await.refusal().2,
        "parameter_unknown"
    );
}
