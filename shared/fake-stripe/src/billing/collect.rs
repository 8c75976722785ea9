//! Charges for invoices, and what becomes of a subscription by them.

use serde_json::{Value, json};

use super::finalize;
use crate::{
    account::Account,
    json::{int, text},
    refusal::{Answer, Refusal},
};

/// Tries to charge an open invoice.
pub(crate) fn pay(account: &mut Account, id: &str) -> Answer {
    let invoice = account.get("invoice", id)?.clone();
    if invoice["status"] != "open" && invoice["status"] != "uncollectible" {
        let message = match text(&invoice, "status") {
            "paid" => "Invoice is already paid",
            _ => "This invoice can no longer be paid; it is not open.",
        };
        return Err(Refusal::invalid(message));
    }
    if !can_pay(account, &invoice) {
        fail(account, invoice)?;
        return Err(Refusal::card("card_declined", "Your card was declined."));
    }
    let charge = charge(account, &invoice);
    settle(account, id, Some(&charge))
}

/// Whether there is a card, and the customer's bank lets it pay.
pub(crate) fn can_pay(account: &Account, invoice: &Value) -> bool {
    let customer = text(invoice, "customer");
    let subscription = finalize::subscription(account, invoice);
    has_card(account, &subscription, customer) && !account.settings.declining.contains(customer)
}

pub(crate) fn has_card(account: &Account, subscription: &Value, customer: &str) -> bool {
    let of_subscription = subscription["default_payment_method"].is_string();
    let customer = account.find("customer", customer);
    of_subscription
        || customer.is_some_and(|customer| customer["invoice_settings"]["default_payment_method"].is_string())
}

fn charge(account: &mut Account, invoice: &Value) -> Value {
    let (id, intent, now) = (account.id("ch"), account.id("pi"), account.now);
    let charge = json!({
        "id": id, "object": "charge", "amount": invoice["amount_remaining"],
        "amount_captured": invoice["amount_remaining"], "amount_refunded": 0, "application": null,
        "application_fee": null, "application_fee_amount": null, "balance_transaction": null,
        "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null },
        "calculated_statement_descriptor": null, "captured": true, "created": now, "currency": invoice["currency"], "customer": invoice["customer"],
        "description": null, "disputed": false, "failure_balance_transaction": null, "failure_code": null, "failure_message": null, "fraud_details": {}, "livemode": false,
        "metadata": {}, "on_behalf_of": null, "outcome": null, "paid": true, "payment_intent": intent, "payment_method": "pm_card_visa", "payment_method_details": null,
        "receipt_email": null, "receipt_number": null, "receipt_url": null, "refunded": false,
        "review": null, "shipping": null, "source": null, "source_transfer": null, "statement_descriptor": null,
        "statement_descriptor_suffix": null, "status": "succeeded", "transfer_data": null, "transfer_group": null,
    });
    let payment = json!({
        "id": account.id("inpay"), "object": "invoice_payment", "amount_paid": invoice["amount_remaining"],
        "amount_requested": invoice["amount_remaining"], "created": now, "currency": invoice["currency"],
        "invoice": invoice["id"], "is_default": true, "livemode": false,
        "payment": { "type": "payment_intent", "payment_intent": intent }, "status": "paid",
        "status_transitions": { "canceled_at": null, "paid_at": now },
    });
    account.put(payment);
    account.emit("charge.succeeded", &charge);
    account.put(charge)
}

/// Notes that an invoice is paid, by a charge or because nothing was due.
pub(crate) fn settle(account: &mut Account, id: &str, charge: Option<&Value>) -> Answer {
    let now = account.now;
    let invoice = account.get_mut("invoice", id)?;
    if charge.is_some() {
        invoice["attempt_count"] = json!(int(invoice, "attempt_count") + 1);
    }
    invoice["attempted"] = json!(true);
    invoice["status"] = json!("paid");
    invoice["amount_paid"] = invoice["amount_due"].clone();
    invoice["amount_remaining"] = json!(0);
    invoice["next_payment_attempt"] = Value::Null;
    invoice["status_transitions"]["paid_at"] = json!(now);
    let invoice = invoice.clone();
    let subscription = finalize::subscription(account, &invoice);
    let waiting = ["incomplete", "past_due", "unpaid"].contains(&text(&subscription, "status"));
    if waiting && subscription["latest_invoice"] == id {
        set_status(account, text(&subscription, "id"), "active")?;
    }
    account.emit("invoice.paid", &invoice);
    if charge.is_some() {
        account.emit("invoice.payment_succeeded", &invoice);
    }
    Ok(invoice)
}

fn fail(account: &mut Account, mut invoice: Value) -> Result<(), Refusal> {
    let attempts = int(&invoice, "attempt_count") + 1;
    let first = invoice["billing_reason"] == "subscription_create";
    let wait = usize::try_from(attempts - 1).ok().and_then(|index| account.settings.retries.get(index).copied());
    let next = wait.filter(|_| !first).map(|wait| account.now + wait);
    invoice["attempt_count"] = json!(attempts);
    invoice["attempted"] = json!(true);
    invoice["next_payment_attempt"] = json!(next);
    account.put(invoice.clone());
    account.emit("invoice.payment_failed", &invoice);
    let subscription = finalize::subscription(account, &invoice);
    let id = text(&subscription, "id");
    if !["active", "past_due"].contains(&text(&subscription, "status")) {
        return Ok(());
    }
    match (next, account.settings.after_retries) {
        (None, "canceled") => super::cancel::end(account, id, "payment_failed").map(|_| ()),
        (None, status) => set_status(account, id, status),
        (Some(_), _) => set_status(account, id, "past_due"),
    }
}

/// Sets what a subscription's state is, and says so.
pub(crate) fn set_status(account: &mut Account, id: &str, status: &str) -> Result<(), Refusal> {
    let subscription = account.get_mut("subscription", id)?;
    if subscription["status"] == status {
        return Ok(());
    }
    let previous = json!({ "status": subscription["status"] });
    subscription["status"] = json!(status);
    let subscription = subscription.clone();
    account.emit_change("customer.subscription.updated", &subscription, Some(previous));
    Ok(())
}
