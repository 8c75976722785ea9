//! A client's money, from the plan to the call behind a line of its invoice, by the browser; Stripe is our fake of it.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_config::{Cap, PaymentProvider, TierSettings};
use turnpike_fake_stripe::{Delivery, FakeStripe};
use turnpike_store::{BatchState, InvoiceState, LineKind, PaymentEventState, SubscriptionState};
use turnpike_tests::{
    app::{Backend, TestApp},
    browser::Browser,
};

use crate::browser::newcomer::sign_up;

const SECRET: &str = "whsec_of_the_browser";
const HOUR: Duration = Duration::from_secs(3600);

/// What the app would do within ten seconds: it is told of all that has happened, and works on it. Its own worker was woken
/// too: what that one has begun is waited for, or the fake's clock would run ahead of it.
async fn follow(app: &TestApp, stripe: &FakeStripe) {
    stripe.deliver(Delivery::default()).await;
    loop {
        app.operator.billing.work(app.operator.ambient.now(), None).await.unwrap();
        let system = app.store().system();
        let events = system.list_payment_events(1000).await.unwrap();
        let mut open = 0;
        for state in [BatchState::Sealed, BatchState::Sending] {
            open += system.list_usage_batches_in(state, 1000).await.unwrap().len();
        }
        if open == 0 && events.iter().all(|event| event.state != PaymentEventState::Received) {
            return;
        }
    }
}

/// Lets time pass for both.
async fn pass(app: &TestApp, stripe: &FakeStripe, time: Duration) {
    app.clock.advance(time);
    stripe.advance(app.operator.ambient.now().micros() / 1_000_000).await;
    follow(app, stripe).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_subscribes_uses_all_takes_more_and_opens_the_calls_behind_its_invoice() {
    let now = turnpike_core::Ambient::system().now();
    let stripe = FakeStripe::start(now.micros() / 1_000_000).await;
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        let payments = &mut settings.payments;
        payments.provider = PaymentProvider::Stripe;
        (payments.stripe_url, payments.stripe_key) = (stripe.url(), FakeStripe::KEY.into());
        payments.stripe_webhook_secret = SECRET.into();
        for plan in settings.plans.values_mut() {
            plan.trial_days = 0;
        }
        let small = settings.plans.get_mut("starter").unwrap();
        (small.included_units, small.cap) = (8, Cap::Hard);
        let larger = settings.plans.get_mut("growth").unwrap();
        (larger.included_units, larger.tiers) = (10, vec![TierSettings { up_to: None, price: 50_000 }]);
        // The browser stays signed in for the whole month.
        (settings.portal.idle_minutes, settings.portal.session_hours) = (100_000, 10_000);
    })
    .await;
    stripe.send_webhooks_to(&format!("{}/payments/stripe", app.url), SECRET, "2026-09-30.endive");
    let browser = Browser::start(&app.url, "money").await;
    let mut faults = vec![];

    browser.open("/").await;
    sign_up(&browser).await;
    let tenant = app.store().system().list_tenants().await.unwrap()[0].id;
    app.connect(tenant, "google-ads").await;
    let agent = app.agent(tenant, vec!["google-ads:read".into()]).await;
    let call = async || agent.call("google-ads", "list_accounts", json!({})).await;
    let class = |answer: &Value| answer["_meta"]["error"]["class"].as_str().unwrap_or_default().to_owned();
    assert_eq!(class(&call().await), "subscription_needed");

    browser.click("Google Ads").await;
    faults.extend(browser.examine("plan").await);
    browser.click_on("main form button").await;
    browser.click_on("button[value=pay]").await;
    browser.wait_for("start/confirming").await;
    browser.find("[data-settled]").await;
    // What was said about pages that are not ours.
    browser.complaints().await;
    faults.extend(browser.examine("confirmed").await);
    follow(&app, &stripe).await;

    for used in 1..=8 {
        let answer = call().await;
        assert_eq!(answer["_meta"]["quota"]["used"], used, "{answer}");
    }
    let refused = call().await;
    assert_eq!(class(&refused), "quota_exhausted", "{refused}");
    assert!(refused.to_string().contains(&format!("{}/billing", app.url)), "{refused}");

    browser.open("/home").await;
    let text = browser.text().await;
    assert!(text.contains("All 8 units of what the plan includes are used"), "{text}");
    browser.click("See billing").await;
    browser.wait_for("pages/billing").await;
    faults.extend(browser.examine("used-up").await);
    browser.click("Change plan or integrations").await;
    browser.wait_for("start/plan").await;
    browser.click("Growth").await;
    browser.click("Save").await;
    browser.wait_for("pages/billing").await;
    // Nobody waited for an event, and nothing was started again.
    for _ in 0..5 {
        assert_eq!(call().await["isError"], false);
    }

    pass(&app, &stripe, 2 * HOUR).await;
    pass(&app, &stripe, 31 * 24 * HOUR).await;
    pass(&app, &stripe, 3 * HOUR).await;
    let rows = app.store().tenant(tenant);
    let subscription = rows.find_subscription().await.unwrap().unwrap();
    assert_eq!((subscription.state, subscription.plan.as_str()), (SubscriptionState::Active, "growth"));
    let mut invoiced = None;
    for invoice in rows.list_invoices().await.unwrap() {
        let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
        let units = lines.iter().filter(|line| line.kind == LineKind::Usage).map(|line| line.quantity).sum::<i64>();
        if units > 0 {
            assert_eq!((units, invoice.state), (13, InvoiceState::Paid), "{lines:?}");
            invoiced = invoice.number;
        }
    }

    browser.open("/billing").await;
    faults.extend(browser.examine("billing").await);
    browser.click(&invoiced.unwrap()).await;
    browser.wait_for("pages/invoice").await;
    assert!(browser.text().await.contains("13 units for this time, as the lines above"), "{}", browser.text().await);
    faults.extend(browser.examine("invoice").await);
    browser.click("See the calls").await;
    browser.wait_for("pages/calls").await;
    assert_eq!(browser.count("tbody tr").await, 13);
    faults.extend(browser.examine("calls").await);
    browser.click_on("tbody a").await;
    browser.wait_for("pages/call").await;
    let text = browser.text().await;
    assert!(text.contains("Requests to the vendor") && text.contains("on invoice"), "{text}");
    faults.extend(browser.examine("call").await);

    let proof = app.operator.billing.prove(now.minus(HOUR), app.operator.ambient.now()).await.unwrap();
    assert!(proof.differences.is_empty() && proof.hours > 0 && proof.invoices > 0, "{proof:?}");
    browser.sign_in_as_staff(&app).await;
    for page in ["billing", "margin", "prices"] {
        browser.open(&format!("/console/{page}")).await;
        faults.extend(browser.examine(&format!("console-{page}")).await);
    }
    println!("{} clicks from the sign-up to the call behind the invoice", browser.clicks());
    assert_eq!(faults, Vec::<String>::new());
    browser.close().await;
}
