//! `POST /v1/subscriptions/{id}`: other prices, quantities or dates.

use serde_json::{Value, json};

use super::{
    cancel, collect, coupons,
    cycle::{self, items},
    finalize::{self, Reason},
    invoice_items,
    items::{self, is_metered, plan},
    parts::Part,
    period,
    tiers::shares,
};
use crate::{
    account::{Account, merge_metadata, take_over},
    form::Form,
    json::{int, text},
    money,
    refusal::{Answer, Refusal},
};

const FIELDS: [&str; 27] = [
    "items.#.id",
    "items.#.price",
    "items.#.quantity",
    "items.#.deleted",
    "items.#.metadata.*",
    "proration_behavior",
    "proration_date",
    "payment_behavior",
    "cancel_at_period_end",
    "cancel_at",
    "cancellation_details.*",
    "trial_end",
    "trial_settings.end_behavior.missing_payment_method",
    "metadata.*",
    "default_payment_method",
    "description",
    "discounts.#.*",
    "automatic_tax.enabled",
    "application_fee_percent",
    "off_session",
    "pause_collection.behavior",
    "pause_collection.resumes_at",
    "billing_cycle_anchor",
    "on_behalf_of",
    "collection_method",
    "days_until_due",
    "transfer_data.*",
];

/// What is made of the money for the rest of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proration {
    Wait,
    Never,
    Invoice,
}

pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    // What is refused half-way changes nothing.
    let mut changed = account.clone();
    let subscription = apply(&mut changed, id, form)?;
    if form.text("payment_behavior") == Some("error_if_incomplete") && subscription["status"] == "past_due" {
        return Err(Refusal::card("card_declined", "Your card was declined."));
    }
    *account = changed;
    Ok(subscription)
}

fn apply(account: &mut Account, id: &str, form: &Form) -> Answer {
    let before = account.get("subscription", id)?.clone();
    if ["canceled", "incomplete_expired"].contains(&text(&before, "status")) {
        return Err(Refusal::invalid("A canceled subscription can only update its cancellation_details and metadata."));
    }
    let behavior = form.choice("proration_behavior", &["create_prorations", "none", "always_invoice"])?;
    form.choice(
        "payment_behavior",
        &["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"],
    )?;
    let proration = match behavior {
        Some("none") => Proration::Never,
        Some("always_invoice") => Proration::Invoice,
        _ => Proration::Wait,
    };
    let begun = change_items(account, id, form, proration)?;
    plain_fields(account, id, form)?;
    if let Some(end) = form.flag("cancel_at_period_end")? {
        cancel::at_period_end(account, id, end)?;
    }
    cancel_at(account, id, form)?;
    if form.has("discounts") {
        let discounts = coupons::discounts(account, form, id)?;
        account.get_mut("subscription", id)?["discounts"] = json!(discounts);
    }
    let after = account.get("subscription", id)?.clone();
    account.emit_change("customer.subscription.updated", &after, Some(differences(&before, &after)));
    if !begun.is_empty() || proration == Proration::Invoice {
        finalize::open(account, &after, Reason::Update, begun)?;
    }
    trial_end(account, id, form)?;
    account.get("subscription", id).cloned()
}

/// Changes items, and gives the fees of periods that begin with that.
fn change_items(account: &mut Account, id: &str, form: &Form, proration: Proration) -> Result<Vec<Part>, Refusal> {
    let mut subscription = account.get("subscription", id)?.clone();
    let mut held = items(&subscription);
    let mut begun = Vec::new();
    for (index, wanted) in form.items("items").iter().enumerate() {
        let place = format!("items[{index}]");
        let Some(item) = wanted.text("id") else {
            let new = items::read(account, wanted, &place)?;
            held.push(add(account, &subscription, &new, proration));
            continue;
        };
        let Some(at) = held.iter().position(|held| held["id"] == item) else {
            return Err(Refusal::param(&format!("{place}[id]"), format!("No such subscription item: '{item}'")));
        };
        if wanted.flag("deleted")? == Some(true) {
            let gone = held.remove(at);
            credit(account, &subscription, &gone, proration);
            leave(account, &subscription, gone);
            continue;
        }
        let old = held[at].clone();
        let new = replaced(account, &old, wanted, &place)?;
        held[at] = change(account, &subscription, &old, new, proration, &mut begun);
    }
    let prices: Vec<Value> = held.iter().map(|item| item["price"].clone()).collect();
    items::check(&prices, subscription["billing_mode"]["type"] == "flexible")?;
    subscription["items"]["data"] = json!(held);
    account.put(subscription);
    Ok(begun)
}

fn add(account: &mut Account, subscription: &Value, new: &items::NewItem, proration: Proration) -> Value {
    let (id, anchor) = (text(subscription, "id"), int(subscription, "billing_cycle_anchor"));
    let trial = (subscription["status"] == "trialing").then(|| int(subscription, "trial_end"));
    let made = items::make(account, id, new, anchor, trial);
    // Its period is the one it would have had from its anchor on, of which the rest is paid.
    let mut whole = made.clone();
    whole["current_period_start"] = json!(begin(&made, anchor));
    debit(account, subscription, &whole, proration);
    made
}

/// Where the period of an item that has just begun would have begun.
fn begin(item: &Value, anchor: i64) -> i64 {
    let end = int(item, "current_period_end");
    let mut start = anchor;
    loop {
        let next = period::end(&item["price"], anchor, start);
        if next >= end {
            return start;
        }
        start = next;
    }
}

/// An item with the price and quantity that are wanted of it.
fn replaced(account: &Account, old: &Value, wanted: &Form, place: &str) -> Answer {
    let mut item = old.clone();
    if wanted.has("price") {
        let new = items::read(account, wanted, place)?;
        item["price"] = new.price.clone();
        item["plan"] = plan(&new.price);
        if let Some(fields) = item.as_object_mut() {
            fields.remove("quantity");
        }
        let kept = if wanted.has("quantity") { new.quantity } else { old["quantity"].as_i64().or(new.quantity) };
        if !is_metered(&new.price) {
            item["quantity"] = json!(kept);
        }
    } else if let Some(quantity) = items::quantity(wanted, &old["price"], place)?.filter(|_| wanted.has("quantity")) {
        item["quantity"] = json!(quantity);
    }
    merge_metadata(&mut item, wanted);
    Ok(item)
}

fn change(
    account: &mut Account,
    subscription: &Value,
    old: &Value,
    mut new: Value,
    proration: Proration,
    begun: &mut Vec<Part>,
) -> Value {
    if old["price"]["id"] == new["price"]["id"] && old["quantity"] == new["quantity"] {
        return new;
    }
    let every = |item: &Value| {
        let recurring = &item["price"]["recurring"];
        (recurring["interval"].clone(), recurring["interval_count"].clone(), recurring["meter"].clone())
    };
    let now = account.now;
    if every(old) == every(&new) || subscription["status"] == "trialing" {
        credit(account, subscription, old, proration);
        debit(account, subscription, &new, proration);
        return new;
    }
    // Another interval or meter: a period ends here and another begins.
    credit(account, subscription, old, proration);
    leave(account, subscription, old.clone());
    let end = period::end(&new["price"], now, now);
    new["current_period_start"] = json!(now);
    new["current_period_end"] = json!(end);
    if !is_metered(&new["price"]) {
        begun.push(Part::Fee { item: new.clone(), start: now, end, free: false });
    }
    new
}

/// What was used of a metered item that goes is on the next invoice.
fn leave(account: &mut Account, subscription: &Value, item: Value) {
    let (start, end) = (int(&item, "current_period_start"), account.now);
    if is_metered(&item["price"]) && start < end {
        let free = subscription["status"] == "trialing";
        let customer = text(subscription, "customer").to_owned();
        let leftover = account.leftover.entry(text(subscription, "id").to_owned()).or_default();
        leftover.push(Part::Usage { item, customer, start, end, free });
    }
}

fn credit(account: &mut Account, subscription: &Value, item: &Value, proration: Proration) {
    rest(account, subscription, item, proration, -1);
}

fn debit(account: &mut Account, subscription: &Value, item: &Value, proration: Proration) {
    rest(account, subscription, item, proration, 1);
}

/// An invoice item for the rest of a fee's period, to the second.
fn rest(account: &mut Account, subscription: &Value, item: &Value, proration: Proration, sign: i64) {
    let charged = ["active", "past_due", "unpaid"].contains(&text(subscription, "status"));
    if proration == Proration::Never || is_metered(&item["price"]) || !charged {
        return;
    }
    let (start, end, now) = (int(item, "current_period_start"), int(item, "current_period_end"), account.now);
    let full: i64 =
        shares(&item["price"], item["quantity"].as_i64().unwrap_or(1)).iter().map(|share| share.amount).sum();
    let part = i128::from(full) * i128::from(end - now);
    let amount = sign * money::divide(part, i128::from((end - start).max(1)));
    let what = if sign < 0 { "Unused time" } else { "Remaining time" };
    invoice_items::prorated(account, subscription, item, amount, what, (now, end));
}

/// Credits the rest of all fees, for a subscription that ends before its period does.
pub(super) fn credit_rest(account: &mut Account, id: &str) -> Result<(), Refusal> {
    let subscription = account.get("subscription", id)?.clone();
    for item in cycle::items(&subscription) {
        credit(account, &subscription, &item, Proration::Wait);
    }
    Ok(())
}

fn plain_fields(account: &mut Account, id: &str, form: &Form) -> Result<(), Refusal> {
    let tax = form.flag("automatic_tax.enabled")?;
    let subscription = account.get_mut("subscription", id)?;
    take_over(subscription, form, &["default_payment_method", "description", "on_behalf_of"]);
    merge_metadata(subscription, form);
    if let Some(enabled) = tax {
        subscription["automatic_tax"]["enabled"] = json!(enabled);
    }
    if let Some(missing) = form.text("trial_settings.end_behavior.missing_payment_method") {
        subscription["trial_settings"]["end_behavior"]["missing_payment_method"] = json!(missing);
    }
    if form.has("pause_collection") {
        let behavior = form.text("pause_collection.behavior");
        subscription["pause_collection"] =
            behavior.map_or(Value::Null, |behavior| json!({ "behavior": behavior, "resumes_at": null }));
    }
    Ok(())
}

fn cancel_at(account: &mut Account, id: &str, form: &Form) -> Result<(), Refusal> {
    if !form.has("cancel_at") {
        return Ok(());
    }
    let now = account.now;
    let subscription = account.get_mut("subscription", id)?;
    let ends = items(subscription).into_iter().map(|item| int(&item, "current_period_end"));
    let at = match form.text("cancel_at") {
        Some("min_period_end") => ends.min(),
        Some("max_period_end") => ends.max(),
        _ => form.int("cancel_at")?,
    };
    subscription["cancel_at"] = json!(at);
    subscription["canceled_at"] = json!(at.map(|_| now));
    Ok(())
}

/// Ends a trial now, or moves its end.
fn trial_end(account: &mut Account, id: &str, form: &Form) -> Result<(), Refusal> {
    let Some(wanted) = form.text("trial_end") else { return Ok(()) };
    let now = account.now;
    let at = if wanted == "now" { now } else { form.int("trial_end")?.unwrap_or(now) };
    let mut subscription = account.get("subscription", id)?.clone();
    if subscription["status"] != "trialing" {
        return Err(Refusal::param("trial_end", "The subscription has no trial."));
    }
    subscription["trial_end"] = json!(at);
    subscription["billing_cycle_anchor"] = json!(at);
    let mut items = items(&subscription);
    items.iter_mut().for_each(|item| item["current_period_end"] = json!(at));
    subscription["items"]["data"] = json!(items);
    account.put(subscription);
    if at > now {
        return Ok(());
    }
    account.get_mut("subscription", id)?["status"] = json!("active");
    let invoice = cycle::period_end(account, id, true)?;
    finalize::finalize(account, text(&invoice, "id"), false)?;
    // A card that is declined is told by the invoice.
    let _ = collect::pay(account, text(&invoice, "id"));
    Ok(())
}

fn differences(before: &Value, after: &Value) -> Value {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return Value::Null };
    let changed = before.iter().filter(|(field, value)| after.get(*field) != Some(value));
    changed.map(|(field, value)| (field.clone(), value.clone())).collect()
}
