//! Somebody pays on the Checkout page.

use serde_json::json;

use super::sessions::{self, bare};
use crate::{
    account::Account,
    billing::{
        coupons,
        subscribe::{Wanted, subscribe},
        subscriptions::{percent, trial},
    },
    catalog::customers,
    form::Form,
    json::{int, text},
    refusal::{Answer, Refusal},
};

/// Makes the subscription that a session asks for, with a card that pays, and maybe a promotion code.
pub(crate) fn complete(account: &mut Account, id: &str, code: Option<&str>) -> Answer {
    let session = account.get("checkout.session", id)?.clone();
    if session["status"] != "open" {
        return Err(Refusal::invalid("The Checkout page is no longer open."));
    }
    let asked = Form::of(&session["asked"]);
    let mut discounts = coupons::wanted(account, &asked)?;
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        discounts.push(promotion(account, code)?);
    }
    let customer = match session["customer"].as_str() {
        Some(customer) => customer.to_owned(),
        None => new_customer(account, &asked)?,
    };
    let data = asked.inner("subscription_data");
    let wanted = Wanted {
        customer: customer.clone(),
        items: sessions::line_items(account, &asked)?.1,
        trial_end: trial(account, &asked, "subscription_data.")?,
        missing_payment_method: data.text("trial_settings.end_behavior.missing_payment_method").map(str::to_owned),
        metadata: data.map("metadata"),
        description: data.value("description"),
        classic: data.text("billing_mode.type") == Some("classic"),
        payment_method: collects(account, &asked)?.then(|| "pm_card_visa".to_owned()),
        discounts,
        automatic_tax: asked.flag("automatic_tax.enabled")?.unwrap_or(false),
        payment_behavior: Some("error_if_incomplete".to_owned()),
        application_fee_percent: percent(&data, "application_fee_percent")?,
        on_behalf_of: data.text("on_behalf_of").map(str::to_owned),
        cancel_at_period_end: false,
    };
    let subscription = subscribe(account, &wanted)?;
    let invoice = account.get("invoice", text(&subscription, "latest_invoice"))?.clone();
    let buyer = account.get("customer", &customer)?.clone();
    let session = account.get_mut("checkout.session", id)?;
    session["status"] = json!("complete");
    session["url"] = json!(null);
    session["customer"] = json!(customer);
    session["customer_details"] = json!({
        "address": buyer["address"], "business_name": null, "email": buyer["email"], "individual_name": null,
        "name": buyer["name"], "phone": null, "tax_exempt": "none", "tax_ids": [],
    });
    session["subscription"] = subscription["id"].clone();
    session["invoice"] = invoice["id"].clone();
    session["amount_total"] = invoice["total"].clone();
    let paid = int(&invoice, "total") > 0;
    session["payment_status"] = json!(if paid { "paid" } else { "no_payment_required" });
    let session = bare(session);
    account.emit("checkout.session.completed", &session);
    Ok(session)
}

/// Whether the page asks for a card.
fn collects(account: &Account, asked: &Form) -> Result<bool, Refusal> {
    let if_required = asked.text("payment_method_collection") == Some("if_required");
    Ok(!(if_required && trial(account, asked, "subscription_data.")?.is_some()))
}

fn new_customer(account: &mut Account, asked: &Form) -> Result<String, Refusal> {
    let customer = customers::create(account, &Form::default())?;
    let id = text(&customer, "id").to_owned();
    let email = asked.text("customer_email").unwrap_or("buyer@example.com").to_owned();
    account.get_mut("customer", &id)?["email"] = json!(email);
    Ok(id)
}

fn promotion(account: &Account, code: &str) -> Result<String, Refusal> {
    let all = account.all("promotion_code").into_iter();
    let found = all.into_iter().find(|known| text(known, "code").eq_ignore_ascii_case(code) && known["active"] == true);
    let found = found.ok_or_else(|| Refusal::param("promotion_code", "This code is invalid."))?;
    Ok(text(&found, "id").to_owned())
}
