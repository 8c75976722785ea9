//! The sums of an invoice: lines, discounts, credits for usage, tax, and the customer's balance.

use serde_json::{Value, json};

use super::{coupons, credits};
use crate::{
    account::Account,
    json::{entries, int, text},
    money,
};

/// Thousandths of a percent in the whole.
const WHOLE: i128 = 100_000;

/// Sums up an invoice. Only when it becomes final are credits and the balance used up.
pub(super) fn sum(account: &mut Account, invoice: &mut Value, subscription: &Value, is_final: bool) {
    let mut lines = entries(&invoice["lines"]);
    for line in &mut lines {
        line["discount_amounts"] = json!([]);
        line["pretax_credit_amounts"] = json!([]);
    }
    let subtotal: i64 = lines.iter().map(|line| int(line, "amount")).sum();
    let discounts = coupons::apply(account, subscription, &mut lines);
    let discounted: i64 = discounts.iter().map(|discount| int(discount, "amount")).sum();
    let credited = if is_final { credits::apply(account, invoice, &mut lines) } else { Vec::new() };
    let credit: i64 = credited.iter().map(|credit| int(credit, "amount")).sum();
    let net = subtotal - discounted - credit;
    let tax = if invoice["automatic_tax"]["enabled"] == true {
        money::divide(i128::from(net.max(0)) * i128::from(account.settings.tax_rate), WHOLE)
    } else {
        0
    };
    let total = net + tax;
    invoice["lines"]["data"] = json!(lines);
    invoice["subtotal"] = json!(subtotal);
    invoice["subtotal_excluding_tax"] = json!(subtotal);
    invoice["discounts"] = subscription.get("discounts").cloned().unwrap_or_else(|| json!([]));
    invoice["total_discount_amounts"] = json!(discounts);
    invoice["total_pretax_credit_amounts"] = json!(credited);
    invoice["total_excluding_tax"] = json!(net);
    invoice["total"] = json!(total);
    invoice["total_taxes"] = if tax == 0 {
        json!([])
    } else {
        json!([{
            "amount": tax, "tax_behavior": "exclusive", "tax_rate_details": null,
            "taxability_reason": "standard_rated", "taxable_amount": net, "type": "tax_rate_details",
        }])
    };
    let customer = text(invoice, "customer").to_owned();
    let balance = account.find("customer", &customer).map_or(0, |customer| int(customer, "balance"));
    let due = (total + balance).max(0);
    invoice["starting_balance"] = json!(balance);
    invoice["amount_due"] = json!(due);
    invoice["amount_remaining"] = json!(due);
    if is_final {
        // What the customer is owed is kept for the next invoice; what was taken from it is gone.
        let left = (total + balance).min(0);
        invoice["ending_balance"] = json!(left);
        if let Ok(customer) = account.get_mut("customer", &customer) {
            customer["balance"] = json!(left);
        }
    }
}
