//! `/v1/invoices`.

use serde_json::{Value, json};

use super::{
    collect,
    finalize::{self, Reason},
};
use crate::{
    account::{Account, merge_metadata, take_over},
    form::Form,
    json::{entries, text},
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

/// An invoice of what waits for the customer.
pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "customer",
        "subscription",
        "auto_advance",
        "collection_method",
        "days_until_due",
        "description",
        "metadata.*",
        "pending_invoice_items_behavior",
        "currency",
        "automatic_tax.enabled",
    ])?;
    let customer = form.need("customer")?.to_owned();
    let subscription = match form.text("subscription") {
        Some(id) => account.get("subscription", id)?.clone(),
        None => Value::Null,
    };
    let id = text(&subscription, "id").to_owned();
    let leftover = account.leftover.remove(&id).unwrap_or_default();
    let mut invoice = finalize::draft(account, &customer, &subscription, Reason::Manual, leftover)?;
    take_over(&mut invoice, form, &["description", "collection_method"]);
    merge_metadata(&mut invoice, form);
    invoice["auto_advance"] = json!(form.flag("auto_advance")?.unwrap_or(false));
    if form.flag("automatic_tax.enabled")? == Some(true) {
        invoice["automatic_tax"]["enabled"] = json!(true);
    }
    Ok(account.put(invoice))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let invoice = finalize::refresh(account, id)?;
    Ok(with_payments(account, invoice, form))
}

/// Payments are shown to whom asks for them.
fn with_payments(account: &Account, mut invoice: Value, form: &Form) -> Value {
    if form.texts("expand").iter().any(|path| path.starts_with("payments")) {
        let mut payments = account.all("invoice_payment");
        payments.retain(|payment| payment["invoice"] == invoice["id"]);
        invoice["payments"] = crate::list::list("/v1/invoice_payments", payments, false);
    }
    invoice
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(
        &[&PAGING[..], &["customer", "subscription", "status", "collection_method", "created.*", "due_date.*"]]
            .concat(),
    )?;
    for invoice in account.all("invoice") {
        finalize::refresh(account, text(&invoice, "id"))?;
    }
    let mut all = account.all("invoice");
    narrow(&mut all, form, &["customer", "status", "collection_method"]);
    if let Some(id) = form.text("subscription") {
        all.retain(|invoice| invoice["parent"]["subscription_details"]["subscription"] == id);
    }
    for (bound, keep) in [("gte", true), ("lt", false)] {
        if let Some(at) = form.int(&format!("created.{bound}"))? {
            all.retain(|invoice| (crate::json::int(invoice, "created") >= at) == keep);
        }
    }
    page("/v1/invoices", all, form)
}

/// `GET /v1/invoices/{id}/lines`.
pub(crate) fn lines(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&PAGING)?;
    let mut lines = entries(&finalize::refresh(account, id)?["lines"]);
    lines.reverse();
    page(&format!("/v1/invoices/{id}/lines"), lines, form)
}

pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["auto_advance", "description", "metadata.*", "footer", "automatically_finalizes_at"])?;
    let advance = form.flag("auto_advance")?;
    let finalizes = form.int("automatically_finalizes_at")?;
    let invoice = account.get_mut("invoice", id)?;
    take_over(invoice, form, &["description", "footer"]);
    merge_metadata(invoice, form);
    if let Some(advance) = advance {
        invoice["auto_advance"] = json!(advance);
    }
    if finalizes.is_some() && invoice["status"] == "draft" {
        invoice["automatically_finalizes_at"] = json!(finalizes);
    }
    let invoice = invoice.clone();
    account.emit("invoice.updated", &invoice);
    Ok(invoice)
}

pub(crate) fn finalize(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["auto_advance"])?;
    if let Some(advance) = form.flag("auto_advance")? {
        account.get_mut("invoice", id)?["auto_advance"] = json!(advance);
    }
    finalize::finalize(account, id, true)
}

/// A draft is made final first.
pub(crate) fn pay(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["paid_out_of_band", "payment_method", "off_session", "forgive"])?;
    if account.get("invoice", id)?["status"] == "draft" {
        let invoice = finalize::finalize(account, id, false)?;
        if invoice["status"] == "paid" {
            return Ok(invoice);
        }
    }
    if form.flag("paid_out_of_band")? == Some(true) {
        return collect::settle(account, id, None);
    }
    collect::pay(account, id)
}

pub(crate) fn void(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    set_void(account, id)
}

pub(super) fn set_void(account: &mut Account, id: &str) -> Answer {
    end(account, id, "void", "voided_at", "invoice.voided")
}

pub(crate) fn mark_uncollectible(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    end(account, id, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")
}

fn end(account: &mut Account, id: &str, status: &str, when: &str, event: &str) -> Answer {
    let now = account.now;
    let invoice = account.get_mut("invoice", id)?;
    if !["open", "uncollectible"].contains(&text(invoice, "status")) {
        return Err(Refusal::invalid("You can only do this to an open invoice."));
    }
    invoice["status"] = json!(status);
    invoice["status_transitions"][when] = json!(now);
    invoice["next_payment_attempt"] = Value::Null;
    if status == "void" {
        invoice["amount_remaining"] = json!(0);
    }
    let invoice = invoice.clone();
    account.emit(event, &invoice);
    Ok(invoice)
}

/// A draft can be thrown away, unless a subscription made it.
pub(crate) fn delete(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let invoice = account.get("invoice", id)?;
    if invoice["status"] != "draft" || invoice["billing_reason"] != "manual" {
        return Err(Refusal::invalid("You can only delete draft invoices that no subscription has made."));
    }
    account.remove(id);
    account.parts.remove(id);
    Ok(json!({ "id": id, "object": "invoice", "deleted": true }))
}

/// `GET /v1/invoice_payments`.
pub(crate) fn payments(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["invoice", "status", "payment.type", "payment.payment_intent"]].concat())?;
    let mut all = account.all("invoice_payment");
    narrow(&mut all, form, &["invoice", "status"]);
    if let Some(intent) = form.text("payment.payment_intent") {
        all.retain(|payment| payment["payment"]["payment_intent"] == intent);
    }
    page("/v1/invoice_payments", all, form)
}
