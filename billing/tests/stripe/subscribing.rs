//! A tenant subscribes, changes, ends, pays late: the row says what Stripe says.

use stripe_core::refund::CreateRefund;
use turnpike_billing::{BillingError, Next};
use turnpike_core::{Micros, TenantId};
use turnpike_fake_stripe::{Fault, KeyKind};
use turnpike_store::{CreditKind, InvoiceState, LineKind, MoneyEventKind, PaymentEventState, SubscriptionState};

use crate::world::{BACK, DAY, World, choice, customer};

impl World {
    /// Opens Checkout, and the session's id.
    async fn open_checkout(&self, tenant: TenantId, plan: &str, yearly: bool) -> String {
        let next = self.billing.subscribe(tenant, &choice(plan, yearly, 2), &customer()).await.unwrap();
        assert!(matches!(&next, Next::Visit(url) if url.starts_with(&self.fake.url())), "{next:?}");
        self.fake.list("checkout.session").last().unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Completes Checkout, which nobody hears of yet.
    pub(crate) async fn completed(&self, tenant: TenantId, plan: &str, yearly: bool) {
        let session = self.open_checkout(tenant, plan, yearly).await;
        self.fake.complete_checkout(&session).await;
    }

    pub(crate) async fn subscribed(&self, plan: &str, yearly: bool) -> TenantId {
        let tenant = self.tenant().await;
        self.completed(tenant, plan, yearly).await;
        self.follow().await;
        tenant
    }

    async fn state(&self, tenant: TenantId) -> SubscriptionState {
        self.row(tenant).await.unwrap().state
    }
}

#[tokio::test]
async fn who_subscribes_on_the_page_has_a_row_by_the_event() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let session = world.open_checkout(tenant, "starter", false).await;
    assert_eq!(world.row(tenant).await, None);

    world.fake.complete_checkout(&session).await;
    world.follow().await;
    let row = world.row(tenant).await.unwrap();
    let there = &world.fake.list("subscription")[0];
    assert_eq!((row.plan.as_str(), row.price_version, row.yearly, row.integrations), ("starter", 0, false, 2));
    assert_eq!(row.state, SubscriptionState::Trialing);
    assert_eq!((row.period_start, row.period_end), (world.now(), world.now().plus(14 * DAY)));
    assert_eq!(row.trial_ends_at, Some(row.period_end));
    assert_eq!((row.cancel_at, row.past_due_since, row.cap_units), (None, None, None));
    assert_eq!(row.customer_id.as_deref(), there["customer"].as_str());
    assert_eq!(row.external_id.as_deref(), there["id"].as_str());
    assert!(world.stored().await.iter().all(|event| event.state != PaymentEventState::Received));

    let again = world.billing.subscribe(tenant, &choice("growth", false, 1), &customer()).await;
    assert!(matches!(again, Err(BillingError::Subscribed)), "{again:?}");
}

#[tokio::test]
async fn the_page_that_checkout_leads_back_to_need_not_wait_for_the_event() {
    let world = World::new().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let session = world.open_checkout(tenant, "starter", true).await;
    let request = world.requests("POST", "/v1/checkout/sessions").pop().unwrap().form;
    assert_eq!(request["success_url"], format!("{BACK}?session={{CHECKOUT_SESSION_ID}}"));
    assert_eq!(request["client_reference_id"], tenant.to_string());
    assert_eq!(request["line_items"]["0"]["quantity"], "2");
    assert!(request["line_items"]["1"].get("quantity").is_none());
    assert_eq!(request["subscription_data"]["billing_mode"]["type"], "flexible");

    assert!(!world.billing.note_checkout(tenant, &session).await.unwrap());
    world.fake.complete_checkout(&session).await;
    assert!(!world.billing.note_checkout(other, &session).await.unwrap());
    assert!(world.billing.note_checkout(tenant, &session).await.unwrap());
    assert!(world.row(tenant).await.unwrap().yearly);
    assert!(!world.billing.note_checkout(tenant, "cs_test_unknown").await.unwrap());
}

#[tokio::test]
async fn who_looks_twice_has_one_customer_and_one_open_page() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let first = world.open_checkout(tenant, "starter", false).await;
    world.open_checkout(tenant, "growth", false).await;
    assert_eq!(world.fake.list("customer").len(), 1);
    assert_eq!(world.fake.object(&first).unwrap()["status"], "expired");

    // Completed, and neither event nor page has come yet: there is no second subscription.
    let open = world.fake.list("checkout.session").pop().unwrap();
    world.fake.complete_checkout(open["id"].as_str().unwrap()).await;
    let again = world.billing.subscribe(tenant, &choice("starter", false, 1), &customer()).await;
    assert!(matches!(again, Err(BillingError::Subscribed)), "{again:?}");
    assert_eq!(world.row(tenant).await.unwrap().plan, "growth");
}

#[tokio::test]
async fn a_plan_that_is_not_offered_cannot_be_chosen() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let billing = world
        .another_with(|book| {
            book.plans.get_mut("starter").unwrap().yearly = 0;
            book.plans.get_mut("growth").unwrap().offered = false;
        })
        .await;
    for (plan, yearly) in [("starter", true), ("growth", false), ("nothing", false)] {
        let refused = billing.subscribe(tenant, &choice(plan, yearly, 1), &customer()).await;
        assert!(matches!(&refused, Err(BillingError::UnknownPlan(name)) if name == plan), "{refused:?}");
    }
    billing.seed_catalog().await.unwrap();
    assert_eq!(world.fake.list("price").len(), 2 + 3);
}

#[tokio::test]
async fn another_plan_keeps_the_meter_and_takes_the_terms_of_today() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(20 * DAY).await;
    world.follow().await;
    assert_eq!(world.state(tenant).await, SubscriptionState::Active);

    let later = world
        .another_with(|book| {
            book.plans.get_mut("growth").unwrap().monthly = 61_000_000;
        })
        .await;
    later.change_plan(tenant, &choice("growth", false, 5)).await.unwrap();
    let row = world.row(tenant).await.unwrap();
    assert_eq!((row.plan.as_str(), row.price_version, row.yearly, row.integrations), ("growth", 1, false, 5));
    later.change_plan(tenant, &choice("growth", true, 5)).await.unwrap();
    let row = world.row(tenant).await.unwrap();
    assert!(row.yearly && row.period_end < world.now().plus(32 * DAY), "usage has months: {row:?}");
    assert_eq!(world.fake.list("subscription").len(), 1);

    let unknown = later.change_plan(world.tenant().await, &choice("growth", false, 1)).await;
    assert!(matches!(unknown, Err(BillingError::NoSubscription)), "{unknown:?}");
}

#[tokio::test]
async fn an_end_comes_with_the_period_that_is_paid_and_can_be_taken_back() {
    for yearly in [false, true] {
        let world = World::new().await;
        let tenant = world.subscribed("starter", yearly).await;
        world.advance(20 * DAY).await;
        world.follow().await;
        world.billing.cancel(tenant).await.unwrap();
        let end = world.row(tenant).await.unwrap().cancel_at.unwrap();
        let paid = if yearly { 300 * DAY } else { 20 * DAY };
        assert!(end > world.now().plus(paid), "{yearly}: {end}");
        world.billing.keep_on(tenant).await.unwrap();
        assert_eq!(world.row(tenant).await.unwrap().cancel_at, None, "{yearly}");

        world.billing.cancel(tenant).await.unwrap();
        let end = world.row(tenant).await.unwrap().cancel_at.unwrap();
        world.advance(end.since(world.now()) + DAY).await;
        world.follow().await;
        let row = world.row(tenant).await.unwrap();
        assert_eq!((row.state, row.cancel_at), (SubscriptionState::Canceled, Some(end)), "{yearly}");
        let over = world.billing.cancel(tenant).await;
        assert!(matches!(over, Err(BillingError::NoSubscription)), "{over:?}");
    }
}

#[tokio::test]
async fn who_comes_back_subscribes_again_without_a_trial() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.billing.cancel(tenant).await.unwrap();
    world.advance(15 * DAY).await;
    world.follow().await;
    let before = world.row(tenant).await.unwrap();
    assert_eq!(before.state, SubscriptionState::Canceled);

    let session = world.open_checkout(tenant, "growth", false).await;
    world.fake.complete_checkout(&session).await;
    world.follow().await;
    let row = world.row(tenant).await.unwrap();
    assert_eq!((row.state, row.trial_ends_at), (SubscriptionState::Active, None));
    assert_eq!(row.customer_id, before.customer_id);
    assert_ne!(row.external_id, before.external_id);

    // What is told of the one before changes nothing.
    let old = before.external_id.unwrap();
    let late =
        format!(r#"{{"id":"evt_late","type":"customer.subscription.deleted","data":{{"object":{{"id":"{old}"}}}}}}"#);
    world.tell(&late).await;
    world.billing.work_on_events().await.unwrap();
    assert_eq!(world.row(tenant).await.unwrap().external_id, row.external_id);
}

#[tokio::test]
async fn who_pays_late_is_past_due_since_the_invoice_and_then_active_again() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    let customer = world.row(tenant).await.unwrap().customer_id.unwrap();
    world.fake.decline_cards(&customer, true);
    world.advance(15 * DAY).await;
    world.follow().await;
    let row = world.row(tenant).await.unwrap();
    assert_eq!(row.state, SubscriptionState::PastDue);
    let since = row.past_due_since.unwrap();
    assert!(since <= world.now() && since.plus(2 * DAY) > world.now(), "{since}");

    world.advance(DAY).await;
    world.billing.sweep_subscriptions().await.unwrap();
    assert_eq!(world.row(tenant).await.unwrap().past_due_since, Some(since));

    world.fake.decline_cards(&customer, false);
    world.advance(4 * DAY).await;
    world.follow().await;
    let row = world.row(tenant).await.unwrap();
    assert_eq!((row.state, row.past_due_since), (SubscriptionState::Active, None));
}

#[tokio::test]
async fn an_invoice_is_stored_with_its_lines_and_they_add_up() {
    let world = World::with(|payments| payments.stripe_tax = true).await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(15 * DAY).await;
    let customer = world.row(tenant).await.unwrap().customer_id.unwrap();
    world.use_units(&customer, 9_000).await;
    world.advance(32 * DAY).await;
    world.follow().await;

    let rows = world.store.tenant(tenant);
    let invoices = rows.list_invoices().await.unwrap();
    assert_eq!(invoices.len(), world.fake.list("invoice").len());
    for invoice in &invoices {
        let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.amount.0).sum::<i64>(), invoice.subtotal.0, "{lines:?}");
        assert_eq!(invoice.subtotal.0 + invoice.tax.0, invoice.total.0);
        assert_eq!((invoice.plan.as_deref(), invoice.price_version), (Some("starter"), 0));
    }
    let newest = &invoices[0];
    assert_eq!((newest.state, newest.paid), (InvoiceState::Paid, newest.total));
    assert!(newest.number.is_some() && newest.issued_at.is_some() && newest.paid_at.is_some() && newest.tax.0 > 0);
    let lines = rows.list_invoice_lines(newest.id).await.unwrap();
    let usage: Vec<_> = lines.iter().filter(|line| line.kind == LineKind::Usage).collect();
    assert_eq!(
        usage.iter().map(|line| (line.quantity, line.amount.0)).collect::<Vec<_>>(),
        [(8_000, 0), (1_000, 1_000_000)]
    );
    assert_eq!(usage[1].unit_price, Some(Micros(1_000)));
    assert_eq!((newest.period_start, newest.period_end), (usage[0].since, usage[0].until));
    let fee = lines.iter().find(|line| line.kind == LineKind::Fee).unwrap();
    assert_eq!((fee.quantity, fee.amount), (2, Micros(58_000_000)));
}

#[tokio::test]
async fn credit_is_granted_once_whatever_becomes_of_the_answer() {
    for fault in [Fault::TimeoutAfterCommit, Fault::Status500After, Fault::Status500Before, Fault::TooManyRequests] {
        let world = World::new().await;
        let tenant = world.subscribed("starter", false).await;
        world.fake.fail_next("POST /v1/billing/credit_grants", fault, 1);
        let credit = turnpike_billing::payments::NewCredit {
            kind: CreditKind::Promotional,
            amount: Micros(5_000_000),
            note: "for the wait".into(),
            expires_at: Some(world.now().plus(90 * DAY)),
            made_by: "operator".into(),
        };
        // The row of ours is another part's work.
        let _ = world.billing.grant_credit(tenant, &credit).await;
        let grants = world.fake.list("billing.credit_grant");
        assert_eq!(grants.len(), 1, "{fault:?}");
        assert_eq!(grants[0]["amount"]["monetary"]["value"], 500);
        assert_eq!(grants[0]["category"], "promotional");
    }
}

#[tokio::test]
async fn stripes_own_page_leads_back() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    let url = world.billing.manage(tenant, BACK).await.unwrap();
    assert!(url.starts_with(&world.fake.url()), "{url}");
    let none = world.billing.manage(world.tenant().await, BACK).await;
    assert!(matches!(none, Err(BillingError::NoSubscription)), "{none:?}");
}

#[tokio::test]
async fn refunds_and_disputes_are_recorded_with_their_invoice() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(15 * DAY).await;
    world.follow().await;
    let charge = world.fake.list("charge").pop().unwrap()["id"].as_str().unwrap().to_owned();
    CreateRefund::new().charge(charge.as_str()).amount(1_000).send(&world.client()).await.unwrap();
    let dispute = world.fake.dispute(&charge, "fraudulent").unwrap();
    world.follow().await;
    world.fake.close_dispute(dispute["id"].as_str().unwrap(), "lost");
    world.follow().await;

    let mut events = world.store.tenant(tenant).list_money_events().await.unwrap();
    events.sort_by_key(|event| event.kind.as_str());
    let seen: Vec<_> = events.iter().map(|event| (event.kind, event.state.as_str(), event.amount.0)).collect();
    let refund = (MoneyEventKind::Refund, "succeeded", 10_000_000);
    assert_eq!(seen, [(MoneyEventKind::Dispute, "lost", 58_000_000), refund]);
    assert!(events.iter().all(|event| event.invoice_id.is_some()));
}

#[tokio::test]
async fn what_is_told_is_fetched_with_the_key_that_only_reads() {
    let world = World::with(|payments| payments.stripe_account = "acct_agency".into()).await;
    let tenant = world.subscribed("starter", false).await;
    let before = world.fake.requests().len();
    world.advance(50 * DAY).await;
    world.follow().await;
    world.billing.sweep_subscriptions().await.unwrap();
    assert_eq!(world.state(tenant).await, SubscriptionState::Active);
    let requests = world.fake.requests();
    assert!(requests[before..].iter().all(|request| request.key == Some(KeyKind::Read)));
    assert!(requests.iter().all(|request| request.account.as_deref() == Some("acct_agency")));
}

#[tokio::test]
async fn a_thin_event_is_fetched_for_what_it_names() {
    for account in ["", "acct_agency"] {
        let world = World::with(|payments| payments.stripe_account = account.into()).await;
        world.billing.seed_catalog().await.unwrap();
        world.use_units("cus_unknown", 5).await;
        world.follow().await;
        let stored = world.stored().await;
        let report = stored.iter().find(|event| event.kind == "v1.billing.meter.error_report_triggered").unwrap();
        assert_eq!(report.state, PaymentEventState::Done, "{report:?}");
        assert_eq!(world.requests("GET", "/v2/core/events/").len(), 1);
    }
}

#[tokio::test]
async fn an_event_is_put_off_while_stripe_is_down_and_given_up_after_days() {
    let world = World::new().await;
    let tenant = world.tenant().await;
    let session = world.open_checkout(tenant, "starter", false).await;
    world.fake.complete_checkout(&session).await;
    world.deliver().await;
    world.fake.fail_next("/v1/", Fault::Status500Before, 3);
    world.billing.work_on_events().await.unwrap();
    assert_eq!(world.row(tenant).await, None);
    let waiting = world.stored().await.into_iter().filter(|event| event.state == PaymentEventState::Received);
    assert!(waiting.clone().count() > 0 && waiting.clone().any(|event| event.reason.is_some()));

    world.advance(DAY).await;
    world.billing.work_on_events().await.unwrap();
    assert!(world.row(tenant).await.is_some());

    let body = r#"{"id":"evt_x","type":"invoice.paid","data":{"object":{"id":"in_x"}}}"#;
    world.tell(body).await;
    for _ in 0..20 {
        world.fake.fail_next("/v1/invoices/in_x", Fault::Status(400), 1);
        world.billing.work_on_events().await.unwrap();
        world.advance(DAY / 4).await;
    }
    let event = world.stored().await.into_iter().find(|event| event.id == "evt_x").unwrap();
    assert_eq!(event.state, PaymentEventState::Failed, "{event:?}");
}
