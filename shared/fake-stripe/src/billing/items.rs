//! The items of a subscription.

use serde_json::{Value, json};

use super::period;
use crate::{account::Account, form::Form, json::text, refusal::Refusal};

/// A price to subscribe to.
#[derive(Debug, Clone)]
pub(crate) struct NewItem {
    pub(crate) price: Value,
    pub(crate) quantity: Option<i64>,
    pub(crate) metadata: Value,
}

/// Reads `price` and `quantity`, for a subscription or for Checkout.
pub(crate) fn read(account: &Account, form: &Form, place: &str) -> Result<NewItem, Refusal> {
    let id = form.text("price").ok_or_else(|| Refusal::missing(&format!("{place}[price]")))?;
    let price = account.get("price", id)?.clone();
    if price["active"] == false {
        return Err(Refusal::param(&format!("{place}[price]"), format!("The price {id} is inactive.")));
    }
    let quantity = quantity(form, &price, place)?;
    Ok(NewItem { price, quantity, metadata: form.map("metadata") })
}

/// A quantity, where the price takes one.
pub(crate) fn quantity(form: &Form, price: &Value, place: &str) -> Result<Option<i64>, Refusal> {
    let sent = form.int("quantity")?;
    if is_metered(price) {
        if sent.is_some() {
            let message = "You cannot set the quantity of a metered price; it comes from the meter.";
            return Err(Refusal::param(&format!("{place}[quantity]"), message));
        }
        return Ok(None);
    }
    if sent.is_some_and(|quantity| quantity < 0) {
        return Err(Refusal::param(&format!("{place}[quantity]"), "Invalid non-negative integer"));
    }
    Ok(Some(sent.unwrap_or(1)))
}

pub(crate) fn is_metered(price: &Value) -> bool {
    price["recurring"]["usage_type"] == "metered"
}

/// Refuses prices that cannot be on one subscription.
pub(crate) fn check(items: &[Value], flexible: bool) -> Result<(), Refusal> {
    let Some(first) = items.first() else {
        return Err(Refusal::param("items", "A subscription needs at least one item."));
    };
    for (index, price) in items.iter().enumerate() {
        if price["recurring"].is_null() {
            let message = "The price is of type one_time, but a recurring price is needed.";
            return Err(Refusal::param("items", message));
        }
        if price["currency"] != first["currency"] {
            return Err(Refusal::param("items", "All prices of a subscription must have the same currency."));
        }
        if items[..index].iter().any(|other| other["id"] == price["id"]) {
            return Err(Refusal::param("items", "A subscription cannot have the same price twice."));
        }
        let every =
            |price: &Value| (price["recurring"]["interval"].clone(), price["recurring"]["interval_count"].clone());
        if !flexible && every(price) != every(first) {
            let message = "All prices must have the same recurring interval unless billing_mode is flexible.";
            return Err(Refusal::param("items", message));
        }
    }
    Ok(())
}

/// An item whose period begins now, and ends with the periods of an anchor, or with a trial.
pub(crate) fn make(
    account: &mut Account,
    subscription: &str,
    item: &NewItem,
    anchor: i64,
    trial_end: Option<i64>,
) -> Value {
    let now = account.now;
    let until = trial_end.unwrap_or_else(|| period::end(&item.price, anchor, now));
    let mut made = json!({
        "id": account.id("si"), "object": "subscription_item", "billing_thresholds": null,
        "created": now, "current_period_start": now, "current_period_end": until, "current_trial": null,
        "discounts": [], "metadata": item.metadata, "plan": plan(&item.price), "price": item.price,
        "subscription": subscription, "tax_rates": [],
    });
    if let Some(quantity) = item.quantity {
        made["quantity"] = json!(quantity);
    }
    made
}

/// A price in the form that came before prices, which items still carry.
pub(crate) fn plan(price: &Value) -> Value {
    let recurring = &price["recurring"];
    json!({
        "id": price["id"], "object": "plan", "active": price["active"], "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"], "billing_scheme": price["billing_scheme"],
        "created": price["created"], "currency": price["currency"], "interval": recurring["interval"],
        "interval_count": recurring["interval_count"], "livemode": false, "metadata": price["metadata"],
        "meter": recurring["meter"], "nickname": price["nickname"], "product": text(price, "product"),
        "tiers_mode": price["tiers_mode"], "transform_usage": null,
        "trial_period_days": recurring["trial_period_days"], "usage_type": recurring["usage_type"],
    })
}
