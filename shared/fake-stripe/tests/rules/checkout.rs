//! Checkout and the portal, as a browser sees them.

use reqwest::{Client, redirect::Policy};
use serde_json::json;

use crate::{
    ask::{Ask, Form, START},
    plans::{Plan, id, kinds},
};

const DAY: i64 = 24 * 60 * 60;

async fn session(ask: &Ask, plan: &Plan, more: Form<'_>) -> serde_json::Value {
    let form = [
        ("mode", "subscription"),
        ("customer", &*plan.customer),
        ("line_items[0][price]", &plan.fee),
        ("line_items[0][quantity]", "1"),
        ("line_items[1][price]", &plan.usage),
        ("client_reference_id", "tenant"),
        ("subscription_data[metadata][tenant]", "tenant"),
        ("success_url", "http://app.example/done?session={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "http://app.example/back"),
    ];
    ask.post("/v1/checkout/sessions", &[&form[..], more].concat()).await.ok()
}

/// Presses a button of a page: where it leads, or what the page says.
async fn press(url: &str, body: &str) -> String {
    let client = Client::builder().redirect(Policy::none()).build().expect("a client");
    let request = client.post(url).header("content-type", "application/x-www-form-urlencoded").body(body.to_owned());
    let response = request.send().await.expect("an answer");
    match response.headers().get("location") {
        Some(location) => location.to_str().expect("a text").to_owned(),
        None => response.text().await.expect("a page"),
    }
}

#[tokio::test]
async fn a_person_pays_on_the_hosted_page() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let session = session(&ask, &plan, &[("allow_promotion_codes", "true")]).await;
    assert_eq!((&session["status"], session.get("asked")), (&json!("open"), None));
    let url = session["url"].as_str().expect("an address");
    let page = reqwest::get(url).await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("99.00 USD") && page.contains("Promotion code"), "{page}");
    assert!(press(url, "action=decline").await.contains("declined"));
    assert!(press(url, "action=pay&promotion_code=NONE").await.contains("invalid"));
    assert_eq!(press(url, "action=cancel").await, "http://app.example/back");
    assert!(ask.fake.list("subscription").is_empty());
    let done = format!("http://app.example/done?session={}", id(&session));
    assert_eq!(press(url, "action=pay&promotion_code=").await, done);
    let after = ask.get(&format!("/v1/checkout/sessions/{}", id(&session)), &[("expand[]", "subscription")]).await.ok();
    assert_eq!((&after["status"], &after["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(after["subscription"]["metadata"]["tenant"], "tenant");
    assert_eq!(kinds(&ask).last().map(String::as_str), Some("checkout.session.completed"));
}

#[tokio::test]
async fn a_trial_begins_without_a_payment() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let session = session(&ask, &plan, &[("subscription_data[trial_period_days]", "14")]).await;
    ask.fake.complete_checkout(id(&session)).await;
    let after = ask.fake.object(id(&session)).expect("the session");
    assert_eq!(after["payment_status"], "no_payment_required");
    let subscription = ask.fake.list("subscription").last().cloned().expect("a subscription");
    assert_eq!(
        (&subscription["status"], &subscription["default_payment_method"]),
        (&json!("trialing"), &json!("pm_card_visa"))
    );
}

#[tokio::test]
async fn a_session_that_nobody_pays_expires() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let session = session(&ask, &plan, &[]).await;
    ask.fake.advance(START + DAY).await;
    assert_eq!(ask.fake.object(id(&session)).expect("the session")["status"], "expired");
    assert_eq!(kinds(&ask), ["checkout.session.expired"]);
}

#[tokio::test]
async fn what_checkout_does_not_take_is_refused() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let base: Form = &[("mode", "subscription"), ("success_url", "http://app.example/")];
    let item: Form = &[("line_items[0][price]", &plan.fee), ("line_items[0][quantity]", "1")];
    let cases = [
        ("no items", vec![], "line_items"),
        ("methods", vec![("payment_method_types[0]", "card")], "payment_method_types[0]"),
        ("an old mode", [item, &[("ui_mode", "hosted")]].concat(), "ui_mode"),
        (
            "a quantity of units",
            vec![("line_items[0][price]", &plan.usage), ("line_items[0][quantity]", "1")],
            "line_items[0][quantity]",
        ),
        ("no quantity of a fee", vec![("line_items[0][price]", &plan.fee)], "line_items[0][quantity]"),
        (
            "a short trial",
            [item, &[("subscription_data[trial_end]", "1793577600")]].concat(),
            "subscription_data[trial_end]",
        ),
        (
            "two customers",
            [item, &[("customer", &*plan.customer), ("customer_email", "a@acme.example")]].concat(),
            "customer_email",
        ),
    ];
    for (case, form, param) in cases {
        let told = ask.post("/v1/checkout/sessions", &[base, &form].concat()).await;
        assert_eq!((told.status, &told.body["error"]["param"]), (400, &json!(param)), "{case}: {}", told.body);
    }
    let tax = [base, item, &[("customer", &*plan.customer), ("automatic_tax[enabled]", "true")]].concat();
    assert_eq!(ask.post("/v1/checkout/sessions", &tax).await.refusal().2, "customer_tax_location_invalid");
    ask.post("/v1/checkout/sessions", &[&tax[..], &[("customer_update[address]", "auto")]].concat()).await.ok();
}

#[tokio::test]
async fn a_person_cancels_and_changes_cards_in_the_portal() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[]).await;
    let form = [("customer", &*plan.customer), ("return_url", "http://app.example/billing")];
    let portal = ask.post("/v1/billing_portal/sessions", &form).await.ok();
    let url = portal["url"].as_str().expect("an address");
    let page = reqwest::get(url).await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("http://app.example/billing") && page.contains("Cancel subscription"), "{page}");
    press(url, &format!("action=cancel&subscription={}", id(&subscription))).await;
    assert_eq!(ask.fake.object(id(&subscription)).expect("it")["cancel_at_period_end"], true);
    press(url, &format!("action=keep&subscription={}", id(&subscription))).await;
    press(url, "action=bad-card").await;
    ask.fake.advance(START + 31 * DAY).await;
    assert_eq!(ask.fake.object(id(&subscription)).expect("it")["status"], "past_due");
    press(url, "action=good-card").await;
    assert_eq!(ask.fake.object(id(&subscription)).expect("it")["status"], "active");
}
