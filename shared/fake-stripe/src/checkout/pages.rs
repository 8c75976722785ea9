//! The pages that a person sees: plain forms, which work without scripts.

use axum::http::Method;
use serde_json::{Value, json};

use super::{complete::complete, sessions::PLACE};
use crate::{
    account::Account,
    billing::{cancel, collect},
    form::Form,
    json::{entries, int, text},
    refusal::Refusal,
    server::Call,
    world::World,
};

/// What a page answers.
pub(crate) enum Page {
    /// A page to show.
    Html(String),
    /// Another address to go to.
    Go(String),
    /// There is no such page.
    Missing,
}

/// A hosted page, where the path is one of theirs.
pub(crate) fn open(world: &mut World, call: &Call) -> Option<Page> {
    let mut segments = call.path.trim_matches('/').split('/');
    let (area, id) = (segments.next()?, segments.next()?);
    if !["pay", "portal", "invoice"].contains(&area) {
        return None;
    }
    let Some(account) = world.accounts.iter_mut().find(|account| account.object(id).is_some()) else {
        return Some(Page::Missing);
    };
    let action = (call.method == Method::POST).then(|| call.form.text("action")).flatten();
    let page = match area {
        "pay" => pay(account, id, action, &call.form),
        "portal" => portal(account, id, action, &call.form),
        _ => invoice(account, id, action),
    };
    Some(page.unwrap_or(Page::Missing))
}

fn pay(account: &mut Account, id: &str, action: Option<&str>, form: &Form) -> Result<Page, Refusal> {
    let session = account.get("checkout.session", id)?.clone();
    let success = text(&session, "success_url").replace(PLACE, id);
    if session["status"] == "complete" {
        return Ok(Page::Go(success));
    }
    if session["status"] != "open" {
        return Ok(Page::Html(page("This page has expired", "")));
    }
    match action {
        Some("pay") => match complete(account, id, form.text("promotion_code")) {
            Ok(_) => Ok(Page::Go(success)),
            Err(refusal) => Ok(Page::Html(pay_form(&session, &refusal.said()))),
        },
        Some("decline") => Ok(Page::Html(pay_form(&session, "Your card was declined."))),
        Some(_) => Ok(Page::Go(text(&session, "cancel_url").to_owned())),
        None => Ok(Page::Html(pay_form(&session, ""))),
    }
}

fn pay_form(session: &Value, complaint: &str) -> String {
    let mut body = complaint_of(complaint);
    body.push_str("<ul>");
    for entry in entries(&session["entries"]) {
        let quantity = entry["quantity"].as_i64().map_or_else(|| "as used".to_owned(), |quantity| quantity.to_string());
        let amount = money(int(&entry, "amount_total"), text(session, "currency"));
        body.push_str(&format!("<li>{} ({quantity}): {amount}</li>", escaped(text(&entry, "description"))));
    }
    body.push_str(&format!(
        "</ul><p>Due today: {}</p>",
        money(int(session, "amount_total"), text(session, "currency"))
    ));
    body.push_str("<form method=\"post\">");
    if session["allow_promotion_codes"] == true {
        body.push_str("<p><label>Promotion code <input name=\"promotion_code\"></label></p>");
    }
    body.push_str(&button("pay", "Subscribe"));
    body.push_str(&button("decline", "Pay with a card that is declined"));
    if session["cancel_url"].is_string() {
        body.push_str(&button("cancel", "Back"));
    }
    body.push_str("</form>");
    page("Checkout", &body)
}

fn portal(account: &mut Account, id: &str, action: Option<&str>, form: &Form) -> Result<Page, Refusal> {
    let session = account.get("billing_portal.session", id)?.clone();
    let customer = text(&session, "customer").to_owned();
    let subscription = form.text("subscription").unwrap_or_default();
    match action {
        Some("cancel") => stop(account, &customer, subscription, true)?,
        Some("keep") => stop(account, &customer, subscription, false)?,
        Some("good-card") => card(account, &customer, false)?,
        Some("bad-card") => card(account, &customer, true)?,
        _ => {}
    }
    let mut body = String::new();
    for one in
        account.all("subscription").iter().filter(|one| one["customer"] == *customer && one["ended_at"].is_null())
    {
        let (action, label) = match one["cancel_at_period_end"] == true {
            true => ("keep", "Don't cancel subscription"),
            false => ("cancel", "Cancel subscription"),
        };
        let id = text(one, "id");
        body.push_str(&format!(
            "<section><p>{id}: {}</p><form method=\"post\"><input type=\"hidden\" name=\"subscription\" value=\"{id}\">{}\
             </form></section>",
            escaped(text(one, "status")),
            button(action, label)
        ));
    }
    body.push_str("<h2>Payment method</h2><form method=\"post\">");
    body.push_str(&button("good-card", "Use a card that pays"));
    body.push_str(&button("bad-card", "Use a card that is declined"));
    body.push_str("</form><h2>Invoices</h2><ul>");
    for invoice in account.all("invoice").iter().filter(|invoice| invoice["customer"] == *customer) {
        let amount = money(int(invoice, "total"), text(invoice, "currency"));
        body.push_str(&format!("<li>{} {amount} {}</li>", text(invoice, "number"), text(invoice, "status")));
    }
    body.push_str("</ul>");
    if let Some(back) = session["return_url"].as_str() {
        body.push_str(&format!("<p><a href=\"{}\">Return</a></p>", escaped(back)));
    }
    Ok(Page::Html(page("Billing", &body)))
}

fn stop(account: &mut Account, customer: &str, id: &str, end: bool) -> Result<(), Refusal> {
    if account.get("subscription", id)?["customer"] != customer {
        return Err(Refusal::no_such("subscription", id));
    }
    cancel::at_period_end(account, id, end)?;
    let subscription = account.get("subscription", id)?.clone();
    account.emit("customer.subscription.updated", &subscription);
    Ok(())
}

/// Another card; one that pays is tried at once for what is open.
fn card(account: &mut Account, customer: &str, declined: bool) -> Result<(), Refusal> {
    let held = account.get_mut("customer", customer)?;
    held["invoice_settings"]["default_payment_method"] = json!("pm_card_visa");
    let held = held.clone();
    account.emit("customer.updated", &held);
    if declined {
        account.settings.declining.insert(customer.to_owned());
        return Ok(());
    }
    account.settings.declining.remove(customer);
    for invoice in account.all("invoice") {
        if invoice["customer"] == customer && invoice["status"] == "open" {
            collect::pay(account, text(&invoice, "id"))?;
        }
    }
    Ok(())
}

fn invoice(account: &mut Account, id: &str, action: Option<&str>) -> Result<Page, Refusal> {
    let complaint = match action {
        Some("pay") => collect::pay(account, id).err().map_or_else(String::new, |refusal| refusal.said()),
        _ => String::new(),
    };
    let invoice = account.get("invoice", id)?;
    let mut body = complaint_of(&complaint);
    let amount = money(int(invoice, "amount_due"), text(invoice, "currency"));
    body.push_str(&format!("<p>{}: {amount}, {}</p>", text(invoice, "number"), text(invoice, "status")));
    if invoice["status"] == "open" {
        body.push_str(&format!("<form method=\"post\">{}</form>", button("pay", "Pay invoice")));
    }
    Ok(Page::Html(page("Invoice", &body)))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn button(action: &str, label: &str) -> String {
    format!("<button name=\"action\" value=\"{action}\">{label}</button> ")
}

fn complaint_of(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p role=\"alert\">{}</p>", escaped(text)) }
}

fn money(coins: i64, currency: &str) -> String {
    let sign = if coins < 0 { "-" } else { "" };
    format!("{sign}{}.{:02} {}", coins.abs() / 100, coins.abs() % 100, currency.to_uppercase())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
