//! What an invoice is made of, and the lines that come of it. The units of a draft may still grow, so its lines are made
//! anew until it is final.

use serde_json::{Value, json};

use super::tiers::{Share, shares};
use crate::{account::Account, json::text, usage::aggregate};

/// A part of an invoice.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// A fee for a period to come.
    Fee { item: Value, start: i64, end: i64, free: bool },
    /// What was used in a period.
    Usage { item: Value, customer: String, start: i64, end: i64, free: bool },
    /// An invoice item.
    Extra(Value),
}

/// The lines of an invoice, as they are now.
pub(crate) fn lines(account: &mut Account, invoice: &str, subscription: &Value, parts: &[Part]) -> Vec<Value> {
    let mut lines = Vec::new();
    for part in parts {
        match part {
            Part::Fee { item, start, end, free } => {
                let quantity = item["quantity"].as_i64().unwrap_or(1);
                for share in shares(&item["price"], quantity) {
                    let share = if *free { Share { amount: 0, ..share } } else { share };
                    let parent = subscription_item(item, subscription);
                    lines.push(line(account, invoice, &item["price"], parent, (*start, *end), &share));
                }
            }
            Part::Usage { item, customer, start, end, free } => {
                let units = units(account, item, customer, *start, *end);
                for share in shares(&item["price"], units) {
                    let share = if *free { Share { amount: 0, ..share } } else { share };
                    let parent = subscription_item(item, subscription);
                    lines.push(line(account, invoice, &item["price"], parent, (*start, *end), &share));
                }
            }
            Part::Extra(item) => lines.push(extra(account, invoice, item)),
        }
    }
    lines
}

/// What a metered item's customer has used within a period.
pub(crate) fn units(account: &Account, item: &Value, customer: &str, start: i64, end: i64) -> i64 {
    let meter = text(&item["price"]["recurring"], "meter");
    let Some(meter) = account.find("billing.meter", meter) else { return 0 };
    let events = account.counted_events(customer, start, end).filter(|event| meter["id"] == event.meter);
    aggregate(meter, events)
}

fn subscription_item(item: &Value, subscription: &Value) -> Value {
    json!({
        "type": "subscription_item_details", "invoice_item_details": null,
        "subscription_item_details": {
            "invoice_item": null, "proration": false, "proration_details": { "credited_items": null },
            "subscription": subscription["id"], "subscription_item": item["id"],
        },
    })
}

fn line(
    account: &mut Account,
    invoice: &str,
    price: &Value,
    parent: Value,
    period: (i64, i64),
    share: &Share,
) -> Value {
    let product = account.object(text(price, "product")).map_or("", |product| text(product, "name")).to_owned();
    json!({
        "id": account.id("il"), "object": "line_item", "amount": share.amount, "currency": price["currency"],
        "description": format!("{} × {product}", share.units), "discount_amounts": [], "discountable": true,
        "discounts": [], "invoice": invoice, "livemode": false, "metadata": {},
        "period": { "start": period.0, "end": period.1 }, "pretax_credit_amounts": [],
        "pricing": {
            "type": "price_details", "unit_amount_decimal": share.unit_amount,
            "price_details": { "price": price["id"], "product": price["product"] },
        },
        "quantity": share.units, "quantity_decimal": share.units.to_string(),
        "subscription": parent["subscription_item_details"]["subscription"], "subtotal": share.amount, "taxes": [],
        "parent": parent,
    })
}

fn extra(account: &mut Account, invoice: &str, item: &Value) -> Value {
    let subscription = &item["parent"]["subscription_details"]["subscription"];
    json!({
        "id": account.id("il"), "object": "line_item", "amount": item["amount"], "currency": item["currency"],
        "description": item["description"], "discount_amounts": [], "discountable": item["discountable"],
        "discounts": [], "invoice": invoice, "livemode": false, "metadata": item["metadata"],
        "parent": {
            "type": "invoice_item_details", "subscription_item_details": null,
            "invoice_item_details": {
                "invoice_item": item["id"], "proration": item["proration"],
                "proration_details": { "credited_items": null }, "subscription": subscription,
            },
        },
        "period": item["period"], "pretax_credit_amounts": [], "pricing": item["pricing"],
        "quantity": item["quantity"], "quantity_decimal": item["quantity_decimal"], "subscription": subscription,
        "subtotal": item["amount"], "taxes": [],
    })
}
