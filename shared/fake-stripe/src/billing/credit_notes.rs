//! `/v1/credit_notes`: an invoice was too high.

use serde_json::{Value, json};

use super::money_back;
use crate::{
    account::Account,
    form::Form,
    json::{int, text},
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "invoice",
        "amount",
        "credit_amount",
        "refund_amount",
        "out_of_band_amount",
        "memo",
        "metadata.*",
        "reason",
    ])?;
    let invoice = account.get("invoice", form.need("invoice")?)?.clone();
    let status = text(&invoice, "status");
    if status != "open" && status != "paid" {
        return Err(Refusal::param("invoice", "Only open and paid invoices can be credited."));
    }
    form.need("amount")?;
    let amount = form.int("amount")?.unwrap_or_default();
    let (pre, post) = ("pre_payment_credit_notes_amount", "post_payment_credit_notes_amount");
    let before = int(&invoice, pre) + int(&invoice, post);
    if amount <= 0 || before + amount > int(&invoice, "total") {
        return Err(Refusal::param("amount", "The amount must be above 0 and at most what is left of the invoice."));
    }
    let reason = form.choice("reason", &["duplicate", "fraudulent", "order_change", "product_unsatisfactory"])?;
    let refund = refunded(account, &invoice, form)?;
    let paid = status == "paid";
    let (id, now) = (account.id("cn"), account.now);
    let count = account.all("credit_note").len() + 1;
    let note = json!({
        "id": id, "object": "credit_note", "amount": amount, "amount_shipping": 0, "created": now,
        "currency": invoice["currency"], "customer": invoice["customer"], "customer_account": null,
        "customer_balance_transaction": null, "discount_amount": 0, "discount_amounts": [], "effective_at": now,
        "invoice": invoice["id"],
        "lines": {
            "object": "list", "has_more": false, "url": format!("/v1/credit_notes/{id}/lines"),
            "data": [{
                "id": account.id("cnli"), "object": "credit_note_line_item", "amount": amount, "description": null,
                "discount_amount": 0, "discount_amounts": [], "livemode": false, "metadata": {},
                "pretax_credit_amounts": [], "quantity": 1, "tax_rates": [], "taxes": [], "type": "custom_line_item",
                "unit_amount": amount, "unit_amount_decimal": amount.to_string(),
            }],
        },
        "livemode": false, "memo": form.value("memo"), "metadata": form.map("metadata"),
        "number": format!("FAKE-CN-{count:02}"), "out_of_band_amount": form.int("out_of_band_amount")?,
        "pdf": format!("{}/credit_note/{id}/pdf", account.url), "post_payment_amount": if paid { amount } else { 0 },
        "pre_payment_amount": if paid { 0 } else { amount }, "pretax_credit_amounts": [], "reason": reason,
        "refunds": refund.iter().map(|refund| json!({
            "amount_refunded": refund["amount"], "payment_record_refund": null, "refund": refund["id"], "type": "refund",
        })).collect::<Vec<Value>>(),
        "shipping_cost": null, "status": "issued", "subtotal": amount, "subtotal_excluding_tax": amount,
        "total": amount, "total_excluding_tax": amount, "total_taxes": [],
        "type": if paid { "post_payment" } else { "pre_payment" }, "voided_at": null,
    });
    settle(account, &invoice, amount, form.int("credit_amount")?)?;
    account.emit("credit_note.created", &note);
    Ok(account.put(note))
}

/// What is paid goes back by a refund, or to the balance; what is not paid is due no more.
fn settle(account: &mut Account, invoice: &Value, amount: i64, credit: Option<i64>) -> Result<(), Refusal> {
    let paid = invoice["status"] == "paid";
    if let (true, Some(credit)) = (paid, credit) {
        let customer = account.get_mut("customer", text(invoice, "customer"))?;
        customer["balance"] = json!(int(customer, "balance") - credit);
    }
    let field = if paid { "post_payment_credit_notes_amount" } else { "pre_payment_credit_notes_amount" };
    let held = account.get_mut("invoice", text(invoice, "id"))?;
    held[field] = json!(int(held, field) + amount);
    if !paid {
        held["amount_due"] = json!((int(held, "amount_due") - amount).max(0));
        held["amount_remaining"] = json!((int(held, "amount_remaining") - amount).max(0));
    }
    Ok(())
}

fn refunded(account: &mut Account, invoice: &Value, form: &Form) -> Result<Option<Value>, Refusal> {
    let Some(amount) = form.int("refund_amount")? else { return Ok(None) };
    let charge = money_back::charge_of(account, text(invoice, "id"));
    let charge = charge.ok_or_else(|| Refusal::param("refund_amount", "The invoice was not paid by a charge."))?;
    money_back::refund_charge(account, text(&charge, "id"), amount, None).map(Some)
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("credit_note", id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer", "invoice"]].concat())?;
    let mut all = account.all("credit_note");
    narrow(&mut all, form, &["customer", "invoice"]);
    page("/v1/credit_notes", all, form)
}
