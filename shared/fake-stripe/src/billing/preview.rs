//! `POST /v1/invoices/create_preview`: what would be, found out on a copy of the account.

use serde_json::{Value, json};

use super::{change, cycle, subscriptions};
use crate::{
    account::Account,
    form::Form,
    json::text,
    refusal::{Answer, Refusal},
};

pub(crate) fn create(account: &Account, form: &Form) -> Answer {
    form.only(&[
        "customer",
        "subscription",
        "subscription_details.items.#.id",
        "subscription_details.items.#.price",
        "subscription_details.items.#.quantity",
        "subscription_details.items.#.deleted",
        "subscription_details.proration_behavior",
        "subscription_details.proration_date",
        "subscription_details.cancel_at_period_end",
        "preview_mode",
    ])?;
    let id = form.need("subscription")?;
    let mut copy = account.clone();
    if form.has("subscription_details") {
        let latest = account.get("subscription", id)?["latest_invoice"].clone();
        let changed = change::update(&mut copy, id, &form.inner("subscription_details"))?;
        if changed["latest_invoice"] != latest {
            return shown(&copy, text(&changed, "latest_invoice"));
        }
    }
    let subscription = copy.get("subscription", id)?.clone();
    let end = subscriptions::next_end(&subscription).ok_or_else(|| Refusal::invalid("There is no next invoice."))?;
    if !subscription["ended_at"].is_null() || subscription["cancel_at"] == end {
        return Err(Refusal::invalid("No upcoming invoices for customer.").code("invoice_upcoming_none"));
    }
    copy.now = copy.now.max(end);
    let invoice = cycle::period_end(&mut copy, id, subscription["status"] == "trialing")?;
    shown(&copy, text(&invoice, "id"))
}

fn shown(copy: &Account, id: &str) -> Answer {
    let mut invoice = copy.get("invoice", id)?.clone();
    invoice["id"] = json!(format!("upcoming_{id}"));
    invoice["status"] = json!("draft");
    invoice["number"] = Value::Null;
    Ok(invoice)
}
