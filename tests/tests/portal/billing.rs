//! Plan, state, costs and invoices: what a tenant sees of its money, and what it does about it.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::{CallId, Currency, Micros, Role, TenantId};
use turnpike_store::{AuditFilter, InvoiceState, MoneyEvent, MoneyEventKind, Subscription, SubscriptionState};
use turnpike_tests::{
    app::{Backend, TestApp, subscription},
    probe,
    visitor::Seen,
};

const DAY: Duration = Duration::from_secs(86_400);
/// The sample invoice is issued, and paid, a second from now.
const SOON: Duration = Duration::from_secs(2);

async fn subscribe(app: &TestApp, tenant: TenantId, change: impl FnOnce(&mut Subscription)) {
    let mut own = subscription(app.operator.ambient.now(), SubscriptionState::Active);
    change(&mut own);
    app.store().tenant(tenant).set_subscription(&own).await.unwrap();
}

async fn actions(app: &TestApp, tenant: TenantId) -> Vec<String> {
    let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
    let events = app.store().tenant(tenant).list_audit(&filter).await.unwrap();
    events.into_iter().map(|event| event.action).collect()
}

fn assert_has(seen: &Seen, parts: &[&str]) {
    for part in parts {
        assert!(seen.text.contains(part), "{part} is not in {}", seen.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_is_told_with_what_to_do_and_the_urgent_ones_on_every_page() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("Acme").await.id;
    let (owner, _) = app.member(tenant, Role::Owner).await;
    let (auditor, _) = app.member(tenant, Role::Auditor).await;
    assert_has(
        &owner.look("/billing").await,
        &["No plan is chosen yet", "each unit costs 0.001 USD", "Choose a plan", "There is none yet"],
    );
    assert!(!auditor.look("/billing").await.text.contains("Choose a plan"));

    type Change = fn(&mut Subscription);
    let states: [(Change, &str, bool); 9] = [
        (|_| {}, "Everything is served.", false),
        (|own| own.state = SubscriptionState::Trialing, "The trial is free until", false),
        (
            |own| {
                own.state = SubscriptionState::Trialing;
                own.trial_ends_at = Some(own.updated_at.plus(DAY));
            },
            "The trial is free until",
            true,
        ),
        (
            |own| {
                own.state = SubscriptionState::PastDue;
                own.past_due_since = Some(own.updated_at.minus(DAY));
            },
            "Everything goes on until",
            true,
        ),
        (
            |own| {
                own.state = SubscriptionState::PastDue;
                own.past_due_since = Some(own.updated_at.minus(DAY * 8));
            },
            "so tools only read",
            true,
        ),
        (
            |own| {
                own.state = SubscriptionState::PastDue;
                own.past_due_since = Some(own.updated_at.minus(DAY * 15));
            },
            "A payment is missing, so agents get no answers.",
            true,
        ),
        (|own| own.state = SubscriptionState::Incomplete, "The first payment has not come yet", true),
        (|own| own.state = SubscriptionState::Canceled, "The subscription is over", true),
        (|own| own.state = SubscriptionState::Paused, "The subscription is paused", true),
    ];
    for (change, told, urgent) in states {
        subscribe(&app, tenant, change).await;
        for visitor in [&owner, &auditor] {
            assert_has(&visitor.look("/billing").await, &[told, "58.00 USD a month", "29.00 USD for each of 2"]);
        }
        assert_eq!(owner.look("/home").await.text.contains(told), urgent, "{told}");
    }
    let seen = auditor.look("/billing").await;
    assert!(!seen.text.contains("action=\"/billing/") && !seen.text.contains("href=\"/start/plan\""), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_used_is_told_by_tier_and_a_cap_of_ones_own_is_set_and_taken_away() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (admin, _) = app.member(tenant.id, Role::Admin).await;
    let (member, _) = app.member(tenant.id, Role::Member).await;
    subscribe(&app, tenant.id, |_| {}).await;
    for number in 0..4 {
        tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": number.to_string() })).await;
    }
    let used: i64 = app.calls(tenant.id).await.iter().map(|call| call.units).sum();
    assert!(used > 0);
    let figure = format!("<p class=\"figure\">{used} <span class=\"quiet small\">of 8,000 included</span>");
    let seen = admin.look("/billing").await;
    assert_has(&seen, &[&figure, "included, up to 8,000", "0 % used", "At this pace", "units cost extra"]);
    assert!(!seen.text.contains("style="), "no style of its own");
    assert!(!admin.look("/home").await.text.contains("units of"), "nothing is to be said yet");

    for wrong in ["many", "-1", "1.5", "9999999999999999999"] {
        let seen = admin.post("/billing/cap", &[("cap", wrong)]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_has(&seen, &["id=\"cap-problem\"", &format!("value=\"{wrong}\"")]);
    }
    assert_eq!(admin.submit("/billing/cap", &[("cap", &used.to_string())]).await, "/billing?notice=cap-set");
    assert_has(&admin.look("/billing").await, &["by your own cap", "100 % used", "are refused until the period ends"]);
    assert_has(&member.look("/home").await, &[&format!("All {used} units of your own cap are used")]);
    admin.submit("/billing/cap", &[("cap", &(used * 100 / 85).to_string())]).await;
    assert_has(&member.look("/calls").await, &["% of your own cap is used"]);
    admin.submit("/billing/cap", &[("cap", "")]).await;
    admin.submit("/billing/cap", &[("cap", "")]).await;
    assert!(!member.look("/home").await.text.contains("own cap"));
    assert_eq!(actions(&app, tenant.id).await.iter().filter(|action| *action == "cap.set").count(), 3);
    assert_eq!(member.post("/billing/cap", &[("cap", "1")]).await.status, StatusCode::FORBIDDEN);
}

/// The calls that a page links to.
fn linked(seen: &Seen) -> Vec<CallId> {
    let links = seen.text.split("href=\"/calls/").skip(1);
    links.filter_map(|rest| rest.split('"').next().unwrap().parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_an_invoice_leads_to_the_calls_behind_it_and_each_call_back() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (auditor, _) = app.member(tenant.id, Role::Auditor).await;
    subscribe(&app, tenant.id, |_| {}).await;
    for number in 0..3 {
        tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": number.to_string() })).await;
    }
    tenant.agent.refused("probe", "echo", json!({ "account": "two" })).await;
    let id = app.invoice(tenant.id, InvoiceState::Open).await;
    // What comes afterwards is not on it.
    app.clock.advance(Duration::from_secs(10));
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": "later" })).await;

    let calls = app.calls(tenant.id).await;
    let units: i64 = calls[1..].iter().map(|call| call.units).sum();
    assert!(auditor.look("/billing").await.text.contains(&format!("/billing/invoices/{id}")));
    let seen = auditor.look(&format!("/billing/invoices/{id}")).await;
    assert_has(&seen, &["29.00 USD", "To be paid", &format!("{units} units for this time, as the lines above")]);
    let list = seen.text.split("href=\"/calls?").nth(1).unwrap().split('"').next().unwrap();
    let list = auditor.look(&format!("/calls?{}", list.replace("&#38;", "&").replace("&amp;", "&"))).await;
    let expected: Vec<_> = calls[1..].iter().filter(|call| call.units > 0).map(|call| call.call_id).collect();
    assert_eq!((linked(&list), expected.len()), (expected.clone(), 3));
    assert_has(&list, &["as an invoice has it", "name=\"since\"", "Those that used up units"]);

    let back = format!("href=\"/billing/invoices/{id}\"");
    assert_has(&auditor.look(&format!("/calls/{}", expected[0])).await, &[&back, "By version 0 of the prices"]);
    for other in [calls[0].call_id, calls[1].call_id] {
        assert!(!auditor.look(&format!("/calls/{other}")).await.text.contains(&back), "it is not on the invoice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_tells_what_became_of_its_money_and_names_stay_text() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("Acme").await.id;
    let (auditor, _) = app.member(tenant, Role::Auditor).await;
    let (rows, now) = (app.store().tenant(tenant), app.operator.ambient.now());
    let id = app.invoice(tenant, InvoiceState::Paid).await;
    assert_has(&auditor.look(&format!("/billing/invoices/{id}")).await, &["This page is your receipt"]);
    let mut invoice = rows.find_invoice(id).await.unwrap().unwrap();
    let mut lines = rows.list_invoice_lines(id).await.unwrap();
    lines[0].description = "<i>fee\u{202e}".into();
    invoice.plan = Some("<i>plan".into());
    invoice.hosted_url = Some("javascript:alert(1)".into());
    rows.set_invoice(&invoice, &lines).await.unwrap();
    let refund = MoneyEvent {
        external_id: "re_1".into(),
        invoice_id: Some(id),
        kind: MoneyEventKind::Refund,
        state: "succeeded".into(),
        amount: Micros(5_000_000),
        currency: Currency::USD,
        reason: Some("<i>asked".into()),
        at: now,
        updated_at: now,
    };
    rows.set_money_event(&refund).await.unwrap();
    let seen = auditor.look(&format!("/billing/invoices/{id}")).await;
    assert_has(&seen, &["Given back", "5.00 USD", "&#60;i&#62;fee"]);
    assert!(!seen.text.contains("<i>") && !seen.text.contains('\u{202e}') && !seen.text.contains("javascript:"));
    invoice.hosted_url = Some("https://pay.example/i/1".into());
    rows.set_invoice(&invoice, &lines).await.unwrap();
    assert_has(&auditor.look(&format!("/billing/invoices/{id}")).await, &["href=\"https://pay.example/i/1\""]);

    let other = app.unconnected("Other").await.id;
    let (stranger, _) = app.member(other, Role::Owner).await;
    for path in [format!("/billing/invoices/{id}"), format!("/billing/invoices/{id}/pdf"), "/billing/invoices/x".into()]
    {
        assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_chosen_changed_ended_and_kept() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    assert_has(
        &owner.look("/start/plan").await,
        &["29.00 USD a month", "290.00 USD a year", "8,000 units", "14 days to try"],
    );
    let wrong = owner.post("/start/plan", &[("plan", "nothing"), ("term", "year")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_has(&wrong, &["id=\"integration-problem\"", "id=\"plan-problem\"", "value=\"year\" checked"]);
    assert_eq!(app.store().tenant(tenant).find_subscription().await.unwrap(), None);

    let form = [("integration", "google-ads"), ("plan", "starter"), ("term", "month")];
    assert_eq!(owner.submit("/start/plan", &form).await, "/start/connect");
    let own = async || app.store().tenant(tenant).find_subscription().await.unwrap().unwrap();
    let begun = own().await;
    assert_eq!((begun.plan.as_str(), begun.yearly, begun.integrations), ("starter", false, 1));
    assert_has(&owner.look("/start/plan").await, &["Your plan now: Starter, 29.00 USD a month"]);
    // The same once more changes nothing.
    assert_eq!(owner.submit("/start/plan", &form).await, "/start/connect");
    let form = [("integration", "google-ads"), ("integration", "meta-ads"), ("plan", "growth"), ("term", "year")];
    assert_eq!(owner.submit("/start/plan", &form).await, "/billing?notice=plan-changed");
    let changed = own().await;
    assert_eq!((changed.plan.as_str(), changed.yearly, changed.integrations), ("growth", true, 2));
    assert_has(&owner.look("/settings").await, &["Growth, 1180.00 USD a year"]);

    assert_eq!(owner.submit("/billing/cancel", &[]).await, "/billing?notice=plan-cancelled");
    assert_has(&owner.look("/billing").await, &["Keep the subscription", "Ends "]);
    assert_eq!(owner.submit("/billing/keep", &[]).await, "/billing?notice=plan-kept");
    assert!(own().await.cancel_at.is_none());
    assert_eq!(actions(&app, tenant).await[..4], ["plan.kept", "plan.cancelled", "plan.changed", "plan.chosen"]);
    // Where the operator collects the money there is no page of a provider.
    let seen = owner.post("/billing/manage", &[]).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.clock.advance(Duration::from_secs(16 * 60));
    assert!(owner.post("/billing/cancel", &[]).await.location().starts_with("/confirm?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_from_the_payment_provider_waits_or_finds_what_was_chosen() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let wanted = ["meta-ads".to_owned()];
    app.store().tenant(tenant).set_plan(Some("growth"), &wanted).await.unwrap();
    assert_eq!(owner.get("/billing/return").await.location(), "/start/plan?notice=checkout-left");
    let seen = owner.look("/start/plan?notice=checkout-left").await;
    assert_has(&seen, &["nothing was charged", "value=\"growth\" checked", "value=\"meta-ads\" checked"]);

    let seen = owner.look("/billing/return?session=cs_1%22%3E%3Ci%3E").await;
    assert_has(
        &seen,
        &[
            "It is being confirmed",
            "<noscript><meta http-equiv=\"refresh\"",
            "data-live=\"/billing/return?session=cs_1%22",
        ],
    );
    subscribe(&app, tenant, |own| own.state = SubscriptionState::Incomplete).await;
    assert_has(&owner.look("/billing/return?session=cs_1").await, &["It is being confirmed"]);
    subscribe(&app, tenant, |own| own.state = SubscriptionState::Trialing).await;
    let seen = owner.look("/billing/return?session=cs_1").await;
    assert_has(&seen, &["It is confirmed", "data-settled"]);
    assert!(!seen.text.contains("http-equiv=\"refresh\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_are_told_by_mail_in_the_agencys_name_and_once() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.brand.name = "Northlight".into()).await;
    let tenant = app.unconnected("Acme\nInc").await.id;
    let (_, owner) = app.add_member(tenant, Role::Owner).await;
    let (_, other) = app.add_member(tenant, Role::Owner).await;
    let (_, admin) = app.add_member(tenant, Role::Admin).await;
    subscribe(&app, tenant, |own| {
        own.state = SubscriptionState::Trialing;
        own.trial_ends_at = Some(own.updated_at.plus(DAY));
    })
    .await;
    let id = app.invoice(tenant, InvoiceState::Paid).await;
    app.portal.send_billing_notices(app.operator.ambient.now().plus(SOON)).await.unwrap();
    let mut told = vec![];
    for email in [&owner, &other] {
        told = vec![app.mail_to(email, 1).await, app.mail_to(email, 2).await];
        assert_eq!(told[0].link(&app.url), "/billing");
        assert_eq!(told[1].link(&app.url), format!("/billing/invoices/{id}"));
    }
    for (mail, part) in told.iter().zip(["the trial ends on", "This is the receipt"]) {
        for part in [part, "Northlight", "Acme Inc"] {
            assert!(mail.text.contains(part), "{part} is not in {}", mail.text);
        }
        assert!(!mail.text.to_lowercase().contains("turnpike"), "{}", mail.text);
    }
    // Another look tells nobody of the same again: the third mail is of something else.
    app.clock.advance(Duration::from_secs(60));
    let later = app.invoice(tenant, InvoiceState::Open).await;
    app.portal.send_billing_notices(app.operator.ambient.now().plus(SOON)).await.unwrap();
    assert_eq!(app.mail_to(&owner, 3).await.link(&app.url), format!("/billing/invoices/{later}"));
    assert_eq!(app.mails().iter().filter(|mail| mail.to == admin).count(), 0, "owners only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_about_money_survives_a_server_that_dies_before_it_is_mailed_and_an_outbox_that_fails() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("Acme").await.id;
    let (_, owner) = app.add_member(tenant, Role::Owner).await;
    let invoice = app.invoice(tenant, InvoiceState::Open).await;
    let now = || app.operator.ambient.now().plus(SOON);
    // Two servers at once.
    let send = async || {
        let (one, two) = tokio::join!(app.portal.send_billing_notices(now()), app.portal.send_billing_notices(now()));
        one.unwrap() + two.unwrap()
    };
    // Who takes it dies.
    let (rows, patience) = (app.store().tenant(tenant), Duration::from_secs(901));
    assert!(rows.take_notice(&format!("issued/{invoice}"), now(), now().plus(patience)).await.unwrap().is_some());
    assert_eq!(send().await, 0, "somebody has it");
    app.clock.advance(patience);
    // Then the outbox cannot be written.
    let outbox = app.folder().join("outbox");
    std::fs::remove_dir_all(&outbox).ok();
    std::fs::write(&outbox, "in the way").unwrap();
    assert_eq!(send().await, 0);
    std::fs::remove_file(&outbox).unwrap();
    assert_eq!(send().await, 0, "not at once");
    app.clock.advance(patience);
    assert_eq!(send().await, 1);
    assert_eq!(send().await, 0);
    assert_eq!(app.mail_to(&owner, 1).await.link(&app.url), format!("/billing/invoices/{invoice}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_taken_along_by_days() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("Acme").await.id;
    let (auditor, _) = app.member(tenant, Role::Auditor).await;
    let seen = auditor.look("/billing/statement.csv?from=2026-01-01&to=2026-12-31").await;
    assert!(
        seen.text.starts_with("date_utc,kind,number,description,net,tax,gross,currency,state\r\n"),
        "{}",
        seen.text
    );
    for wrong in ["from=soon", "from=2026-02-01&to=2026-01-01"] {
        let seen = auditor.get(&format!("/billing/statement.csv?{wrong}")).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}
