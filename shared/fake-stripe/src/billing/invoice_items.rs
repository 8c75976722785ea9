//! `/v1/invoiceitems`: amounts for the next invoice.

use serde_json::{Value, json};

use crate::{
    account::Account,
    form::Form,
    json::int,
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "customer",
        "amount",
        "currency",
        "description",
        "metadata.*",
        "subscription",
        "invoice",
        "discountable",
        "period.start",
        "period.end",
        "quantity",
        "unit_amount_decimal",
    ])?;
    let customer = form.need("customer")?.to_owned();
    account.get("customer", &customer)?;
    form.need("amount")?;
    let amount = form.int("amount")?.unwrap_or_default();
    let now = account.now;
    let period = (form.int("period.start")?.unwrap_or(now), form.int("period.end")?.unwrap_or(now));
    if let Some(id) = form.text("subscription") {
        account.get("subscription", id)?;
    }
    let id = account.id("ii");
    let mut item = json!({
        "id": id, "object": "invoiceitem", "amount": amount, "currency": form.text("currency").unwrap_or("usd"), "customer": customer, "customer_account": null,
        "date": now, "description": form.value("description"),
        "discountable": form.flag("discountable")?.unwrap_or(amount >= 0), "discounts": [], "invoice": null,
        "livemode": false, "metadata": form.map("metadata"), "net_amount": amount, "parent": null,
        "period": { "start": period.0, "end": period.1 }, "pricing": null, "proration": false,
        "quantity": form.int("quantity")?.unwrap_or(1), "quantity_decimal": "1",
        "tax_rates": [], "test_clock": null,
    });
    if let Some(subscription) = form.text("subscription") {
        item["parent"] = parent(&json!(subscription), &Value::Null);
    }
    if let Some(invoice) = form.text("invoice") {
        if account.get("invoice", invoice)?["status"] != "draft" {
            return Err(Refusal::param("invoice", "The invoice is no draft."));
        }
        item["invoice"] = json!(invoice);
        account.parts.entry(invoice.to_owned()).or_default().push(super::parts::Part::Extra(item.clone()));
    }
    account.emit("invoiceitem.created", &item);
    Ok(account.put(item))
}

fn parent(subscription: &Value, item: &Value) -> Value {
    json!({
        "type": "subscription_details",
        "subscription_details": { "subscription": subscription, "subscription_item": item },
    })
}

/// An item for the rest of a period, which a change of a subscription makes.
pub(super) fn prorated(
    account: &mut Account,
    subscription: &Value,
    item: &Value,
    amount: i64,
    what: &str,
    period: (i64, i64),
) {
    let id = account.id("ii");
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let made = json!({
        "id": id, "object": "invoiceitem", "amount": amount, "currency": item["price"]["currency"], "customer": subscription["customer"], "customer_account": null,
        "date": account.now, "description": what, "discountable": false, "discounts": [], "invoice": null,
        "livemode": false, "metadata": {}, "net_amount": amount, "parent": parent(&subscription["id"], &item["id"]),
        "period": { "start": period.0, "end": period.1 },
        "pricing": {
            "type": "price_details", "unit_amount_decimal": item["price"]["unit_amount_decimal"],
            "price_details": { "price": item["price"]["id"], "product": item["price"]["product"] },
        },
        "proration": true, "proration_details": { "credited_items": null, "discount_amounts": [] },
        "quantity": quantity, "quantity_decimal": quantity.to_string(), "tax_rates": [], "test_clock": null,
    });
    account.emit("invoiceitem.created", &made);
    account.put(made);
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("invoiceitem", id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer", "invoice", "pending"]].concat())?;
    let mut all = account.all("invoiceitem");
    narrow(&mut all, form, &["customer", "invoice"]);
    if let Some(pending) = form.flag("pending")? {
        all.retain(|item| item["invoice"].is_null() == pending);
    }
    page("/v1/invoiceitems", all, form)
}

/// Only what is on no final invoice can be taken back.
pub(crate) fn delete(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let item = account.get("invoiceitem", id)?;
    if !item["invoice"].is_null() && int(item, "amount") != 0 {
        return Err(Refusal::invalid("The invoice item is already on an invoice."));
    }
    account.remove(id);
    Ok(json!({ "id": id, "object": "invoiceitem", "deleted": true }))
}
