//! `/v1/subscriptions` and `/v1/subscription_items`.

use serde_json::{Value, json};

use super::{
    collect, coupons, cycle, finalize, items,
    subscribe::{Wanted, subscribe, trial_of_days},
};
use crate::{
    account::Account,
    form::Form,
    json::text,
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

const FIELDS: [&str; 20] = [
    "customer",
    "items.#.price",
    "items.#.quantity",
    "items.#.metadata.*",
    "billing_mode.type",
    "trial_period_days",
    "trial_end",
    "trial_settings.end_behavior.missing_payment_method",
    "metadata.*",
    "description",
    "default_payment_method",
    "discounts.#.*",
    "automatic_tax.enabled",
    "payment_behavior",
    "proration_behavior",
    "application_fee_percent",
    "on_behalf_of",
    "cancel_at_period_end",
    "off_session",
    "transfer_data.*",
];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    let customer = form.need("customer")?.to_owned();
    let entries = form.items("items");
    let mut wanted = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        wanted.push(items::read(account, entry, &format!("items[{index}]"))?);
    }
    let wanted = Wanted {
        customer,
        items: wanted,
        trial_end: trial(account, form, "")?,
        missing_payment_method: form.text("trial_settings.end_behavior.missing_payment_method").map(str::to_owned),
        metadata: form.map("metadata"),
        description: form.value("description"),
        classic: form.choice("billing_mode.type", &["classic", "flexible"])? == Some("classic"),
        payment_method: form.text("default_payment_method").map(str::to_owned),
        discounts: coupons::wanted(account, form)?,
        automatic_tax: form.flag("automatic_tax.enabled")?.unwrap_or(false),
        payment_behavior: form
            .choice("payment_behavior", &["allow_incomplete", "default_incomplete", "error_if_incomplete"])?
            .map(str::to_owned),
        application_fee_percent: percent(form, "application_fee_percent")?,
        on_behalf_of: form.text("on_behalf_of").map(str::to_owned),
        cancel_at_period_end: form.flag("cancel_at_period_end")?.unwrap_or(false),
    };
    subscribe(account, &wanted)
}

/// When a trial ends: after days, or at a moment.
pub(crate) fn trial(account: &Account, form: &Form, above: &str) -> Result<Option<i64>, Refusal> {
    let (days, end) = (format!("{above}trial_period_days"), format!("{above}trial_end"));
    match (form.int(&days)?, form.text(&end)) {
        (Some(_), Some(_)) => {
            Err(Refusal::param("trial_end", "You may only specify one of `trial_end` and `trial_period_days`."))
        }
        (Some(days), None) if !(1..=730).contains(&days) => {
            Err(Refusal::param("trial_period_days", "The trial must last from 1 to 730 days."))
        }
        (Some(days), None) => Ok(Some(trial_of_days(account, days))),
        (None, Some("now")) | (None, None) => Ok(None),
        (None, Some(_)) => form.int(&end),
    }
}

/// A percentage with at most two decimals.
pub(crate) fn percent(form: &Form, path: &str) -> Result<Option<f64>, Refusal> {
    let Some(text) = form.text(path) else { return Ok(None) };
    let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
    let percent: Option<f64> = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent) && decimals <= 2);
    percent.map(Some).ok_or_else(|| Refusal::param(path, "Invalid percentage: 0 to 100, with at most two decimals."))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("subscription", id).cloned()
}

/// Without a status, those that are canceled are left out.
pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer", "status", "price", "created.*", "current_period_end.*"]].concat())?;
    let mut all = account.all("subscription");
    narrow(&mut all, form, &["customer"]);
    match form.text("status") {
        Some("all") => {}
        Some("ended") => all.retain(|one| !one["ended_at"].is_null()),
        Some(status) => all.retain(|one| one["status"] == status),
        None => all.retain(|one| one["status"] != "canceled"),
    }
    if let Some(price) = form.text("price") {
        all.retain(|one| cycle::items(one).iter().any(|item| item["price"]["id"] == price));
    }
    page("/v1/subscriptions", all, form)
}

/// Goes on after a pause: a period begins now.
pub(crate) fn resume(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["billing_cycle_anchor", "proration_behavior", "proration_date"])?;
    let mut subscription = account.get("subscription", id)?.clone();
    if subscription["status"] != "paused" {
        return Err(Refusal::invalid("Only paused subscriptions can be resumed."));
    }
    let now = account.now;
    subscription["billing_cycle_anchor"] = json!(now);
    subscription["status"] = json!("active");
    let mut held = cycle::items(&subscription);
    for item in &mut held {
        // What was used in the trial before the pause costs nothing, and the next period begins at once.
        item["current_period_end"] = json!(now);
    }
    subscription["items"]["data"] = json!(held);
    account.put(subscription);
    let invoice = cycle::period_end(account, id, true)?;
    finalize::finalize(account, text(&invoice, "id"), true)?;
    let subscription = account.get("subscription", id)?.clone();
    account.emit("customer.subscription.resumed", &subscription);
    Ok(subscription)
}

/// Stops it: no invoices until it goes on.
pub(crate) fn pause(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["type", "bill_for.*", "invoicing_behavior"])?;
    if account.get("subscription", id)?["billing_mode"]["type"] != "flexible" {
        return Err(Refusal::invalid("Only subscriptions with billing_mode flexible can be paused."));
    }
    collect::set_status(account, id, "paused")?;
    let subscription = account.get("subscription", id)?.clone();
    account.emit("customer.subscription.paused", &subscription);
    Ok(subscription)
}

/// `GET /v1/subscription_items`.
pub(crate) fn list_items(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["subscription"]].concat())?;
    let subscription = account.get("subscription", form.need("subscription")?)?;
    let mut items = cycle::items(subscription);
    items.reverse();
    page("/v1/subscription_items", items, form)
}

/// `GET /v1/subscription_items/{id}`.
pub(crate) fn get_item(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let all = account.all("subscription").into_iter().flat_map(|subscription| cycle::items(&subscription));
    let found: Option<Value> = all.into_iter().find(|item| item["id"] == id);
    found.ok_or_else(|| Refusal::no_such("subscription_item", id))
}

/// The end of the period after the next invoice, for a preview.
pub(crate) fn next_end(subscription: &Value) -> Option<i64> {
    let ends = cycle::items(subscription).into_iter().map(|item| crate::json::int(&item, "current_period_end"));
    ends.min()
}
