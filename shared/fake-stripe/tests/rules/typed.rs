//! What the fake answers is what async-stripe reads: it fails on any required field that is missing.

use std::collections::HashMap;

use serde_json::json;
use stripe::{Client, ClientBuilder, RequestStrategy, StripeError};
use stripe_billing::{
    BillingMeterEventAdjustmentType,
    billing_credit_grant::ListBillingCreditGrant,
    billing_meter::{
        CreateBillingMeter, CreateBillingMeterDefaultAggregation, CreateBillingMeterDefaultAggregationFormula,
        ListBillingMeter,
    },
    billing_meter_event::CreateBillingMeterEvent,
    billing_meter_event_adjustment::{CreateBillingMeterEventAdjustment, CreateBillingMeterEventAdjustmentCancel},
    billing_meter_event_summary::ListIdBillingMeterEventSummary,
    billing_portal_session::CreateBillingPortalSession,
    credit_note::ListCreditNote,
    invoice::{CreatePreviewInvoice, ListInvoice, RetrieveInvoice},
    invoice_item::ListInvoiceItem,
    subscription::{CancelSubscription, ListSubscription, RetrieveSubscription, UpdateSubscription},
    subscription_item::ListSubscriptionItem,
};
use stripe_checkout::checkout_session::{ListCheckoutSession, RetrieveCheckoutSession};
use stripe_core::{
    charge::ListCharge,
    customer::{CreateCustomer, DeleteCustomer, RetrieveCustomer},
    dispute::ListDispute,
    refund::ListRefund,
};
use stripe_product::{price::ListPrice, product::ListProduct};
use turnpike_fake_stripe::FakeStripe;

use crate::{
    ask::{Ask, START},
    plans::{Plan, id},
};

fn client(ask: &Ask) -> Client {
    let builder = ClientBuilder::new(FakeStripe::KEY).url(ask.fake.url()).request_strategy(RequestStrategy::Once);
    builder.build().expect("a client")
}

#[tokio::test]
async fn customers_and_meters_are_read() {
    let ask = Ask::new().await;
    let client = client(&ask);
    let customer = CreateCustomer::new().name("Acme").send(&client).await.expect("a customer");
    RetrieveCustomer::new(customer.id.clone()).send(&client).await.expect("a customer");
    let sum = CreateBillingMeterDefaultAggregation::new(CreateBillingMeterDefaultAggregationFormula::Sum);
    let meter = CreateBillingMeter::new(sum, "Units", "units").send(&client).await.expect("a meter");
    assert_eq!(ListBillingMeter::new().send(&client).await.expect("meters").data.len(), 1);
    let payload = HashMap::from([
        ("stripe_customer_id".to_owned(), customer.id.to_string()),
        ("value".to_owned(), "5".to_owned()),
    ]);
    let event = CreateBillingMeterEvent::new("units", payload).identifier("u1").timestamp(START);
    event.send(&client).await.expect("an event");
    let Err(StripeError::Stripe(error, 400)) = event.send(&client).await else { panic!("a refusal") };
    assert_eq!(error.message.as_deref(), Some("An event already exists with identifier u1."));
    let summaries = ListIdBillingMeterEventSummary::new(meter.id.clone(), customer.id.as_str(), START + 60, START);
    let read = summaries.send(&client).await.expect("summaries");
    assert_eq!(read.data[0].aggregated_value, 5.0);
    let mut cancel = CreateBillingMeterEventAdjustment::new("units", BillingMeterEventAdjustmentType::Cancel);
    cancel = cancel.cancel(CreateBillingMeterEventAdjustmentCancel { identifier: Some("u1".to_owned()) });
    cancel.send(&client).await.expect("an adjustment");
    DeleteCustomer::new(customer.id).send(&client).await.expect("a deletion");
}

#[tokio::test]
async fn the_catalogue_subscriptions_and_invoices_are_read() {
    let ask = Ask::new().await;
    let client = client(&ask);
    let plan = Plan::new(&ask).await;
    let coupon = ask.make("/v1/coupons", &[("amount_off", "100"), ("currency", "usd"), ("duration", "forever")]).await;
    let made = plan.subscribe(&ask, &[("discounts[0][coupon]", &coupon), ("automatic_tax[enabled]", "true")]).await;
    ListProduct::new().send(&client).await.expect("products");
    let prices = ListPrice::new().expand(vec!["data.tiers".to_owned()]).send(&client).await.expect("prices");
    assert_eq!(prices.data[0].tiers.as_ref().map(Vec::len), Some(3));
    let expand = ["latest_invoice", "customer", "discounts", "items.data.price.product"].map(str::to_owned);
    RetrieveSubscription::new(id(&made)).expand(expand).send(&client).await.expect("a subscription");
    let listed = ListSubscription::new().send(&client).await.expect("subscriptions");
    assert_eq!(listed.data[0].items.data.len(), 2);
    ListSubscriptionItem::new(id(&made)).send(&client).await.expect("items");
    UpdateSubscription::new(id(&made)).cancel_at_period_end(true).send(&client).await.expect("a subscription");
    UpdateSubscription::new(id(&made)).cancel_at_period_end(false).send(&client).await.expect("a subscription");
    let invoices = ListInvoice::new().send(&client).await.expect("invoices");
    let first = invoices.data[0].id.clone().expect("an id");
    let paid = RetrieveInvoice::new(first).expand(["payments".to_owned()]).send(&client).await.expect("an invoice");
    assert_eq!(paid.payments.map(|payments| payments.data.len()), Some(1));
    CreatePreviewInvoice::new().subscription(id(&made)).send(&client).await.expect("a preview");
    let form = [("customer", &*plan.customer), ("amount", "500"), ("currency", "usd")];
    ask.make("/v1/invoiceitems", &form).await;
    ListInvoiceItem::new().send(&client).await.expect("invoice items");
    CancelSubscription::new(id(&made)).send(&client).await.expect("a subscription");
}

#[tokio::test]
async fn checkout_the_portal_and_money_that_goes_back_are_read() {
    let ask = Ask::new().await;
    let client = client(&ask);
    let plan = Plan::new(&ask).await;
    let form = [
        ("mode", "subscription"),
        ("customer", &*plan.customer),
        ("line_items[0][price]", &plan.fee),
        ("line_items[0][quantity]", "1"),
        ("line_items[1][price]", &plan.usage),
        ("success_url", "http://app.example/"),
    ];
    let session = ask.post("/v1/checkout/sessions", &form).await.ok();
    ask.fake.complete_checkout(id(&session)).await;
    let expand = ["line_items", "subscription", "invoice"].map(str::to_owned);
    RetrieveCheckoutSession::new(id(&session)).expand(expand).send(&client).await.expect("a session");
    ListCheckoutSession::new().send(&client).await.expect("sessions");
    let portal = CreateBillingPortalSession::new().customer(&*plan.customer).return_url("http://app.example/");
    portal.send(&client).await.expect("a portal session");
    let charge = ask.fake.list("charge").last().cloned().expect("a charge");
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    ask.post("/v1/credit_notes", &[("invoice", id(&invoice)), ("amount", "100"), ("refund_amount", "100")]).await.ok();
    ask.fake.dispute(id(&charge), "fraudulent");
    ask.make(
        "/v1/billing/credit_grants",
        &[
            ("customer", &plan.customer),
            ("amount[type]", "monetary"),
            ("amount[monetary][currency]", "usd"),
            ("amount[monetary][value]", "3000"),
            ("applicability_config[scope][price_type]", "metered"),
        ],
    )
    .await;
    ListCharge::new().send(&client).await.expect("charges");
    ListRefund::new().send(&client).await.expect("refunds");
    ListDispute::new().send(&client).await.expect("disputes");
    ListCreditNote::new().send(&client).await.expect("credit notes");
    ListBillingCreditGrant::new().send(&client).await.expect("credit grants");
}

#[tokio::test]
async fn what_events_carry_is_read() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[("trial_period_days", "7")]).await;
    ask.fake.advance(START + 40 * 24 * 60 * 60).await;
    for event in ask.fake.events() {
        let (kind, object) = (event["type"].as_str().unwrap_or_default(), event["data"]["object"].clone());
        let read = match object["object"].as_str() {
            Some("invoice") => serde_json::from_value::<stripe_shared::Invoice>(object).map(|_| ()),
            Some("subscription") => serde_json::from_value::<stripe_shared::Subscription>(object).map(|_| ()),
            Some("charge") => serde_json::from_value::<stripe_shared::Charge>(object).map(|_| ()),
            Some("customer") => serde_json::from_value::<stripe_shared::Customer>(object).map(|_| ()),
            Some("price") => serde_json::from_value::<stripe_shared::Price>(object).map(|_| ()),
            _ => Ok(()),
        };
        assert_eq!(read.map_err(|error| error.to_string()), Ok(()), "{kind}");
        assert_ne!(event["data"], json!(null), "{kind}");
    }
}
