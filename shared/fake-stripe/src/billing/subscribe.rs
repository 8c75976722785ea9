//! A new subscription, made by the API or by Checkout.

use serde_json::{Value, json};

use super::{
    collect, coupons, cycle,
    finalize::{self, Reason},
    items::{self, NewItem},
    parts::Part,
};
use crate::{
    account::Account,
    json::text,
    refusal::{Answer, Refusal},
};

const DAY: i64 = 24 * 60 * 60;

/// What a subscription shall be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) customer: String,
    pub(crate) items: Vec<NewItem>,
    pub(crate) trial_end: Option<i64>,
    /// What becomes of a trial that ends without a card.
    pub(crate) missing_payment_method: Option<String>,
    pub(crate) metadata: Value,
    pub(crate) description: Value,
    pub(crate) classic: bool,
    pub(crate) payment_method: Option<String>,
    pub(crate) discounts: Vec<String>,
    pub(crate) automatic_tax: bool,
    pub(crate) payment_behavior: Option<String>,
    pub(crate) application_fee_percent: Option<f64>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) cancel_at_period_end: bool,
}

/// Days of trial, from now.
pub(crate) fn trial_of_days(account: &Account, days: i64) -> i64 {
    account.now + days * DAY
}

/// Makes it, with its first invoice. What is refused leaves nothing behind.
pub(crate) fn subscribe(account: &mut Account, wanted: &Wanted) -> Answer {
    let mut tried = account.clone();
    let subscription = make(&mut tried, wanted)?;
    *account = tried;
    Ok(subscription)
}

fn make(account: &mut Account, wanted: &Wanted) -> Answer {
    let prices: Vec<Value> = wanted.items.iter().map(|item| item.price.clone()).collect();
    items::check(&prices, !wanted.classic)?;
    let customer = account.get("customer", &wanted.customer)?.clone();
    if customer["deleted"] == true {
        return Err(Refusal::no_such("customer", &wanted.customer));
    }
    let pays = wanted.payment_method.is_some() || !customer["invoice_settings"]["default_payment_method"].is_null();
    let costs = wanted.items.iter().any(|item| !items::is_metered(&item.price));
    let later = wanted.payment_behavior.as_deref() == Some("default_incomplete");
    if !pays && costs && wanted.trial_end.is_none() && !later {
        let message = "This customer has no attached payment source or default payment method.";
        return Err(Refusal::invalid(message).code("resource_missing"));
    }
    let id = account.id("sub");
    let now = account.now;
    let anchor = wanted.trial_end.unwrap_or(now);
    let discounts: Vec<String> = wanted.discounts.iter().map(|given| coupons::redeem(account, given, &id)).collect();
    let made: Vec<Value> =
        wanted.items.iter().map(|item| items::make(account, &id, item, anchor, wanted.trial_end)).collect();
    let subscription = json!({
        "id": id, "object": "subscription", "application": null,
        "application_fee_percent": wanted.application_fee_percent,
        "automatic_tax": { "disabled_reason": null, "enabled": wanted.automatic_tax, "liability": null },
        "billing_cycle_anchor": anchor, "billing_cycle_anchor_config": null,
        "billing_mode": billing_mode(wanted.classic),
        "billing_schedules": [], "billing_thresholds": null, "cancel_at": null, "cancel_at_period_end": false,
        "canceled_at": null, "cancellation_details": { "comment": null, "feedback": null, "feedback_option": null, "reason": null },
        "collection_method": "charge_automatically", "created": now, "currency": prices[0]["currency"],
        "customer": wanted.customer, "customer_account": null, "days_until_due": null,
        "default_payment_method": wanted.payment_method, "default_source": null, "default_tax_rates": [],
        "description": wanted.description, "discounts": discounts, "ended_at": null,
        "invoice_settings": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": { "type": "self" }
        },
        "items": {
            "object": "list", "data": made, "has_more": false,
            "url": format!("/v1/subscription_items?subscription={id}"),
        },
        "latest_invoice": null, "livemode": false, "managed_payments": { "enabled": false }, "metadata": object(&wanted.metadata),
        "next_pending_invoice_item_invoice": null, "on_behalf_of": wanted.on_behalf_of, "pause_collection": null,
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off"
        },
        "pending_invoice_item_interval": null, "pending_setup_intent": null, "pending_update": null, "schedule": null,
        "start_date": now, "status": if wanted.trial_end.is_some() { "trialing" } else { "incomplete" },
        "test_clock": customer["test_clock"], "transfer_data": null, "trial_end": wanted.trial_end,
        "trial_settings": {
            "end_behavior": {
                "billing_cycle_anchor": null,
                "missing_payment_method": wanted.missing_payment_method.as_deref().unwrap_or("create_invoice")
            }
        },
        "trial_start": wanted.trial_end.map(|_| now),
    });
    account.put(subscription.clone());
    account.emit("customer.subscription.created", &subscription);
    let parts = first_parts(&subscription);
    let invoice = finalize::open(account, &subscription, Reason::Create, parts)?;
    if wanted.trial_end.is_none() && text(&invoice, "status") == "open" && !later {
        // A card that is declined is told by the invoice, and the subscription stays incomplete.
        let _ = collect::pay(account, text(&invoice, "id"));
    }
    if wanted.payment_behavior.as_deref() == Some("error_if_incomplete")
        && account.get("subscription", &id)?["status"] == "incomplete"
    {
        return Err(Refusal::card("card_declined", "Your card was declined."));
    }
    if wanted.cancel_at_period_end {
        super::cancel::at_period_end(account, &id, true)?;
    }
    account.get("subscription", &id).cloned()
}

/// The fees of the first period, which cost nothing while a trial lasts.
fn first_parts(subscription: &Value) -> Vec<Part> {
    let free = !subscription["trial_end"].is_null();
    let items = cycle::items(subscription);
    let fees = items.into_iter().filter(|item| !items::is_metered(&item["price"]));
    fees.map(|item| Part::Fee {
        start: crate::json::int(&item, "current_period_start"),
        end: crate::json::int(&item, "current_period_end"),
        item,
        free,
    })
    .collect()
}

fn billing_mode(classic: bool) -> Value {
    if classic {
        return json!({ "type": "classic", "flexible": null });
    }
    json!({ "type": "flexible", "flexible": { "proration_discounts": "included" } })
}

fn object(metadata: &Value) -> Value {
    if metadata.is_object() { metadata.clone() } else { json!({}) }
}
