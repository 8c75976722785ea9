//! The end of a subscription.

use serde_json::{Value, json};

use super::{
    collect,
    cycle::items,
    finalize::{self, Reason},
    items::is_metered,
    parts::{self, Part},
};
use crate::{
    account::Account,
    form::Form,
    json::{int, text},
    refusal::{Answer, Refusal},
};

/// `DELETE /v1/subscriptions/{id}`.
pub(crate) fn cancel(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["cancellation_details.*", "invoice_now", "prorate"])?;
    let status = text(account.get("subscription", id)?, "status").to_owned();
    if status == "canceled" || status == "incomplete_expired" {
        return Err(Refusal::no_such("subscription", id));
    }
    if form.flag("prorate")? == Some(true) {
        super::change::credit_rest(account, id)?;
    }
    end(account, id, "cancellation_requested")
}

/// Ends it now. What was used until now is invoiced, whenever that is.
pub(crate) fn end(account: &mut Account, id: &str, why: &str) -> Answer {
    let now = account.now;
    let mut subscription = account.get("subscription", id)?.clone();
    let customer = text(&subscription, "customer").to_owned();
    let was_trial = subscription["status"] == "trialing";
    let mut used = Vec::new();
    for item in items(&subscription).into_iter().filter(|item| is_metered(&item["price"]) && !was_trial) {
        let start = int(&item, "current_period_start");
        if parts::units(account, &item, &customer, start, now) != 0 {
            used.push(Part::Usage { item, customer: customer.clone(), start, end: now, free: false });
        }
    }
    subscription["status"] = json!("canceled");
    subscription["ended_at"] = json!(now);
    subscription["cancellation_details"]["reason"] = json!(why);
    if subscription["canceled_at"].is_null() {
        subscription["canceled_at"] = json!(now);
    }
    account.put(subscription.clone());
    if !used.is_empty() || account.leftover.contains_key(id) || waits(account, id) {
        finalize::open(account, &subscription, Reason::Cycle, used)?;
    }
    let subscription = account.get("subscription", id)?.clone();
    account.emit("customer.subscription.deleted", &subscription);
    Ok(subscription)
}

fn waits(account: &Account, id: &str) -> bool {
    let items = account.all("invoiceitem");
    items.iter().any(|item| item["invoice"].is_null() && item["parent"]["subscription_details"]["subscription"] == id)
}

/// Sets the end to that of the period that ends first, or takes that back. For another end there is `cancel_at`.
pub(crate) fn at_period_end(account: &mut Account, id: &str, end: bool) -> Result<(), Refusal> {
    let now = account.now;
    let subscription = account.get_mut("subscription", id)?;
    let first = items(subscription).iter().map(|item| int(item, "current_period_end")).min();
    subscription["cancel_at_period_end"] = json!(end);
    subscription["cancel_at"] = if end { json!(first) } else { Value::Null };
    subscription["canceled_at"] = if end { json!(now) } else { Value::Null };
    subscription["cancellation_details"]["reason"] = if end { json!("cancellation_requested") } else { Value::Null };
    Ok(())
}

/// Nobody has paid the first invoice in time.
pub(crate) fn expire(account: &mut Account, id: &str) -> Result<(), Refusal> {
    let invoice = text(account.get("subscription", id)?, "latest_invoice").to_owned();
    if account.get("invoice", &invoice)?["status"] == "open" {
        super::invoices::set_void(account, &invoice)?;
    }
    let now = account.now;
    account.get_mut("subscription", id)?["ended_at"] = json!(now);
    collect::set_status(account, id, "incomplete_expired")
}
