//! An invoice: made as a draft, final after the grace, then collected.

use serde_json::{Value, json};

use super::{
    collect, coupons,
    parts::{self, Part},
    totals,
};
use crate::{
    account::Account,
    json::{int, text},
    refusal::{Answer, Refusal},
};

/// Why an invoice is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A subscription begins.
    Create,
    /// A period has ended.
    Cycle,
    /// A subscription was changed.
    Update,
    /// Asked for by the API.
    Manual,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
            Self::Manual => "manual",
        }
    }
}

/// Makes an invoice of a subscription. What does not wait for late usage is final at once, and collected but for the first.
pub(crate) fn open(account: &mut Account, subscription: &Value, reason: Reason, mut parts: Vec<Part>) -> Answer {
    let id = text(subscription, "id").to_owned();
    parts.extend(account.leftover.remove(&id).unwrap_or_default());
    let invoice = draft(account, text(subscription, "customer"), subscription, reason, parts)?;
    let invoice_id = text(&invoice, "id").to_owned();
    if let Ok(subscription) = account.get_mut("subscription", &id) {
        subscription["latest_invoice"] = json!(invoice_id);
    }
    match reason {
        Reason::Create => finalize(account, &invoice_id, false),
        Reason::Update => finalize(account, &invoice_id, true),
        Reason::Cycle | Reason::Manual => Ok(invoice),
    }
}

/// Makes a draft of parts and of what waits for the customer's next invoice.
pub(crate) fn draft(
    account: &mut Account,
    customer: &str,
    subscription: &Value,
    reason: Reason,
    mut parts: Vec<Part>,
) -> Answer {
    let id = account.id("in");
    for mut item in account.all("invoiceitem") {
        let of = &item["parent"]["subscription_details"]["subscription"];
        let fits = of.is_null() || *of == subscription["id"];
        if item["customer"] == customer && item["invoice"].is_null() && fits {
            item["invoice"] = json!(id);
            parts.push(Part::Extra(account.put(item)));
        }
    }
    let buyer = account.get("customer", customer)?.clone();
    let now = account.now;
    let held_back = subscription["status"] == "unpaid";
    let finalizes = (reason == Reason::Cycle && !held_back).then_some(now + account.settings.grace);
    let (start, end) = bounds(&parts, now);
    let parent = if subscription.is_null() {
        Value::Null
    } else {
        json!({
            "type": "subscription_details", "quote_details": null,
            "subscription_details": {
                "metadata": subscription["metadata"], "subscription": subscription["id"],
            },
        })
    };
    let tax = subscription["automatic_tax"]["enabled"] == true;
    let mut invoice = blank();
    let fields = json!({
        "id": id, "auto_advance": reason != Reason::Manual && !held_back,
        "automatic_tax": {
            "disabled_reason": null, "enabled": tax, "liability": null, "provider": null,
            "status": if tax { json!("complete") } else { Value::Null },
        },
        "automatically_finalizes_at": finalizes, "billing_reason": reason.name(), "created": now,
        "currency": currency(subscription, &parts, &buyer), "customer": customer,
        "customer_address": buyer["address"], "customer_email": buyer["email"], "customer_name": buyer["name"],
        "customer_phone": buyer["phone"], "customer_tax_exempt": buyer["tax_exempt"],
        "lines": { "object": "list", "data": [], "has_more": false, "url": format!("/v1/invoices/{id}/lines") },
        "parent": parent, "period_end": end, "period_start": start, "test_clock": buyer["test_clock"],
    });
    if let (Some(invoice), Value::Object(fields)) = (invoice.as_object_mut(), fields) {
        invoice.extend(fields);
    }
    account.put(invoice);
    account.parts.insert(id.clone(), parts);
    let invoice = refresh(account, &id)?;
    account.emit("invoice.created", &invoice);
    Ok(invoice)
}

/// What every new invoice holds.
fn blank() -> Value {
    json!({
        "object": "invoice", "account_country": "US", "account_name": "Fake", "account_tax_ids": null, "amount_due": 0,
        "amount_overpaid": 0, "amount_paid": 0, "amount_paid_off_stripe": 0, "amount_remaining": 0,
        "amount_shipping": 0, "application": null, "attempt_count": 0, "attempted": false,
        "collection_method": "charge_automatically", "custom_fields": null, "customer_account": null,
        "customer_shipping": null, "customer_tax_ids": [], "default_payment_method": null, "default_source": null,
        "default_tax_rates": [], "description": null, "discounts": [], "due_date": null, "effective_at": null,
        "ending_balance": null, "footer": null, "from_invoice": null, "hosted_invoice_url": null, "invoice_pdf": null,
        "issuer": { "type": "self" }, "last_finalization_error": null, "latest_revision": null, "livemode": false,
        "metadata": {}, "next_payment_attempt": null, "number": null, "on_behalf_of": null,
        "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
        "post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0, "receipt_number": null,
        "rendering": null, "shipping_cost": null, "shipping_details": null, "starting_balance": 0,
        "statement_descriptor": null, "status": "draft",
        "status_transitions": {
            "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null
        },
        "subtotal": 0, "subtotal_excluding_tax": 0, "total": 0, "total_discount_amounts": [],
        "total_excluding_tax": 0, "total_pretax_credit_amounts": [], "total_taxes": [], "webhooks_delivered_at": null,
    })
}

/// The period of what was used, or else of what is to come.
fn bounds(parts: &[Part], now: i64) -> (i64, i64) {
    let usage = parts.iter().find_map(|part| match part {
        Part::Usage { start, end, .. } => Some((*start, *end)),
        _ => None,
    });
    usage.unwrap_or((now, now))
}

fn currency(subscription: &Value, parts: &[Part], customer: &Value) -> Value {
    let of_extra = parts.iter().find_map(|part| match part {
        Part::Extra(item) => Some(item["currency"].clone()),
        _ => None,
    });
    let known = [&subscription["currency"], &customer["currency"]].into_iter().find(|currency| !currency.is_null());
    known.cloned().or(of_extra).unwrap_or_else(|| json!("usd"))
}

/// Makes the lines and sums of a draft anew.
pub(crate) fn refresh(account: &mut Account, id: &str) -> Answer {
    let mut invoice = account.get("invoice", id)?.clone();
    if invoice["status"] == "draft" {
        let parts = account.parts.get(id).cloned().unwrap_or_default();
        let subscription = subscription(account, &invoice);
        let lines = parts::lines(account, id, &subscription, &parts);
        invoice["lines"]["data"] = json!(lines);
        totals::sum(account, &mut invoice, &subscription, false);
    }
    Ok(account.put(invoice))
}

/// The subscription that an invoice is of, or null.
pub(crate) fn subscription(account: &Account, invoice: &Value) -> Value {
    let id = text(&invoice["parent"]["subscription_details"], "subscription");
    account.find("subscription", id).cloned().unwrap_or_default()
}

/// Ends the draft: from now on nothing is added.
pub(crate) fn finalize(account: &mut Account, id: &str, collect: bool) -> Answer {
    let mut invoice = refresh(account, id)?;
    if invoice["status"] != "draft" {
        return Err(Refusal::invalid("This invoice is already finalized."));
    }
    let subscription = subscription(account, &invoice);
    totals::sum(account, &mut invoice, &subscription, true);
    let now = account.now;
    let number = account.all("invoice").iter().filter(|other| !other["number"].is_null()).count() + 1;
    invoice["status"] = json!("open");
    invoice["number"] = json!(format!("FAKE-{number:04}"));
    invoice["automatically_finalizes_at"] = Value::Null;
    invoice["effective_at"] = json!(now);
    invoice["status_transitions"]["finalized_at"] = json!(now);
    invoice["hosted_invoice_url"] = json!(format!("{}/invoice/{id}", account.url));
    invoice["invoice_pdf"] = json!(format!("{}/invoice/{id}/pdf", account.url));
    account.put(invoice.clone());
    account.parts.remove(id);
    coupons::use_up(account, &subscription);
    account.emit("invoice.finalized", &invoice);
    if int(&invoice, "amount_due") == 0 {
        return collect::settle(account, id, None);
    }
    if collect && invoice["auto_advance"] == true {
        // A card that is declined is told by the invoice.
        let _ = collect::pay(account, id);
    }
    account.get("invoice", id).cloned()
}
