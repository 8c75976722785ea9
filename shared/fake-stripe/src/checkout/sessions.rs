//! `/v1/checkout/sessions`.

use serde_json::{Value, json};

use crate::{
    account::Account,
    billing::{
        coupons,
        items::{self, NewItem},
        subscriptions::{percent, trial},
        tiers::shares,
    },
    form::Form,
    json::text,
    list::{PAGING, list as page_of, narrow, page},
    refusal::{Answer, Refusal},
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

const FIELDS: [&str; 38] = [
    "mode",
    "customer",
    "customer_email",
    "customer_update.address",
    "customer_update.name",
    "customer_update.shipping",
    "client_reference_id",
    "line_items.#.price",
    "line_items.#.quantity",
    "success_url",
    "cancel_url",
    "ui_mode",
    "subscription_data.trial_period_days",
    "subscription_data.trial_end",
    "subscription_data.trial_settings.end_behavior.missing_payment_method",
    "subscription_data.metadata.*",
    "subscription_data.description",
    "subscription_data.billing_mode.type",
    "subscription_data.proration_behavior",
    "subscription_data.application_fee_percent",
    "subscription_data.on_behalf_of",
    "subscription_data.transfer_data.*",
    "payment_method_collection",
    "allow_promotion_codes",
    "automatic_tax.enabled",
    "tax_id_collection.enabled",
    "billing_address_collection",
    "discounts.#.*",
    "expires_at",
    "locale",
    "metadata.*",
    "allowed_payment_method_types.#",
    "excluded_payment_method_types.#",
    "consent_collection.*",
    "custom_text.*",
    "submit_type",
    "origin_context",
    "currency",
];

/// The place that the success URL keeps for the session's id.
pub(super) const PLACE: &str = "{CHECKOUT_SESSION_ID}";

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    form.need("mode")?;
    if form.choice("mode", &["payment", "setup", "subscription"])? != Some("subscription") {
        return Err(Refusal::param("mode", "This fake knows the mode `subscription` only."));
    }
    form.choice("ui_mode", &["hosted_page"])?;
    let success = form.need("success_url")?.to_owned();
    let customer = customer(account, form)?;
    let (entries, new) = line_items(account, form)?;
    let prices: Vec<Value> = new.iter().map(|item| item.price.clone()).collect();
    let classic = form.choice("subscription_data.billing_mode.type", &["classic", "flexible"])? == Some("classic");
    items::check(&prices, !classic)?;
    let trial_end = trial(account, form, "subscription_data.")?;
    if form.has("subscription_data.trial_end") && trial_end.is_some_and(|end| end < account.now + 2 * DAY) {
        let message = "The `trial_end` date has to be at least 2 days in the future.";
        return Err(Refusal::param("subscription_data[trial_end]", message));
    }
    percent(form, "subscription_data.application_fee_percent")?;
    coupons::wanted(account, form)?;
    let codes = form.flag("allow_promotion_codes")?;
    if codes == Some(true) && form.has("discounts") {
        let message = "You may only specify one of these parameters: allow_promotion_codes, discounts.";
        return Err(Refusal::param("allow_promotion_codes", message));
    }
    let tax = form.flag("automatic_tax.enabled")?.unwrap_or(false);
    check_updates(account, form, tax, customer.as_deref())?;
    let expires = form.int("expires_at")?.unwrap_or(account.now + DAY);
    if !(account.now + HOUR / 2..=account.now + DAY).contains(&expires) {
        return Err(Refusal::param("expires_at", "The session must end within 30 minutes to 24 hours."));
    }
    let collection = form.choice("payment_method_collection", &["always", "if_required"])?.unwrap_or("always");
    let subtotal: i64 = entries.iter().filter_map(|entry| entry["amount_subtotal"].as_i64()).sum();
    let due = if trial_end.is_some() { 0 } else { subtotal };
    let id = account.id("cs_test");
    let mut session = json!({
        "id": id, "object": "checkout.session", "adaptive_pricing": null, "after_expiration": null,
        "allow_promotion_codes": codes, "allowed_payment_method_types": null, "amount_subtotal": due, "amount_total": due,
        "automatic_tax": { "enabled": tax, "liability": null, "provider": null, "status": null },
        "billing_address_collection": form.value("billing_address_collection"), "cancel_url": form.value("cancel_url"),
        "client_reference_id": form.value("client_reference_id"), "client_secret": null, "collected_information": null,
        "consent": null, "consent_collection": null, "created": account.now, "currency": prices[0]["currency"],
        "currency_conversion": null, "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null
        },
        "customer": customer, "customer_account": null,
        "customer_creation": if customer.is_none() { json!("always") } else { Value::Null }, "customer_details": null,
        "customer_email": form.value("customer_email"), "discounts": [], "expires_at": expires, "invoice": null,
        "integration_identifier": null, "invoice_creation": null, "livemode": false, "locale": form.value("locale"), "managed_payments": { "enabled": false }, "metadata": form.map("metadata"),
        "mode": "subscription", "origin_context": null, "payment_intent": null, "payment_link": null,
        "payment_method_collection": collection, "payment_method_configuration_details": null,
        "payment_method_options": null, "payment_method_types": ["card"], "payment_status": "unpaid",
        "permissions": null, "phone_number_collection": { "enabled": false },
        "recovered_from": null, "saved_payment_method_options": null, "setup_intent": null,
        "shipping_address_collection": null, "shipping_cost": null, "shipping_options": [], "status": "open",
        "submit_type": null, "subscription": null, "success_url": success, "total_details": {
            "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0
        },
        "ui_mode": "hosted_page", "url": format!("{}/pay/{id}", account.url), "wallet_options": null,
    });
    // What only we need to know of it until it is paid; taken out of every answer.
    session["asked"] = form.tree();
    session["entries"] = json!(entries);
    account.put(session.clone());
    Ok(shown(session, form))
}

fn customer(account: &Account, form: &Form) -> Result<Option<String>, Refusal> {
    match (form.text("customer"), form.has("customer_email")) {
        (Some(_), true) => Err(Refusal::param(
            "customer_email",
            "You may only specify one of these parameters: customer, customer_email.",
        )),
        (Some(id), false) => {
            if account.get("customer", id)?["deleted"] == true {
                return Err(Refusal::no_such("customer", id));
            }
            Ok(Some(id.to_owned()))
        }
        (None, _) => Ok(None),
    }
}

/// Tax needs an address, and a tax number a name; both come from the page where that is asked for.
fn check_updates(account: &Account, form: &Form, tax: bool, customer: Option<&str>) -> Result<(), Refusal> {
    let Some(customer) = customer else { return Ok(()) };
    let updated = |field: &str| form.text(&format!("customer_update.{field}")) == Some("auto");
    let address = &account.get("customer", customer)?["address"];
    if tax && address.is_null() && !updated("address") {
        let message = "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid \
                       address to the Customer or set `customer_update[address]` to 'auto'.";
        return Err(Refusal::invalid(message).code("customer_tax_location_invalid"));
    }
    if form.flag("tax_id_collection.enabled")? == Some(true) && !updated("name") {
        let message = "Tax ID collection requires updating business name on the customer. To enable tax ID collection for \
                       an existing customer, please set `customer_update[name]` to `auto`.";
        return Err(Refusal::invalid(message));
    }
    Ok(())
}

pub(super) fn line_items(account: &mut Account, form: &Form) -> Result<(Vec<Value>, Vec<NewItem>), Refusal> {
    let (mut entries, mut new) = (Vec::new(), Vec::new());
    for (index, sent) in form.items("line_items").iter().enumerate() {
        let item = items::read(account, sent, &format!("line_items[{index}]"))?;
        if !items::is_metered(&item.price) && !sent.has("quantity") {
            return Err(Refusal::missing(&format!("line_items[{index}][quantity]")));
        }
        let amount: i64 =
            item.quantity.map_or(0, |quantity| shares(&item.price, quantity).iter().map(|share| share.amount).sum());
        let product = account.object(text(&item.price, "product")).map_or("", |product| text(product, "name"));
        let product = product.to_owned();
        entries.push(json!({
            "id": account.id("li"), "object": "item", "adjustable_quantity": null, "amount_discount": 0,
            "amount_subtotal": amount, "amount_tax": 0, "amount_total": amount, "currency": item.price["currency"],
            "description": product, "metadata": {}, "price": item.price, "quantity": item.quantity,
        }));
        new.push(item);
    }
    if new.is_empty() {
        return Err(Refusal::missing("line_items"));
    }
    Ok((entries, new))
}

/// A session as others see it.
fn shown(mut session: Value, form: &Form) -> Value {
    let id = text(&session, "id").to_owned();
    let Some(fields) = session.as_object_mut() else { return session };
    fields.remove("asked");
    let entries = fields.remove("entries").unwrap_or_default();
    if form.texts("expand").iter().any(|path| path.contains("line_items")) {
        let entries = crate::json::entries(&entries);
        fields.insert(
            "line_items".to_owned(),
            page_of(&format!("/v1/checkout/sessions/{id}/line_items"), entries, false),
        );
    }
    session
}

/// A session as events show it.
pub(super) fn bare(session: &Value) -> Value {
    shown(session.clone(), &Form::default())
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    Ok(shown(account.get("checkout.session", id)?.clone(), form))
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer", "subscription", "status", "created.*"]].concat())?;
    let mut all = account.all("checkout.session");
    narrow(&mut all, form, &["customer", "subscription", "status"]);
    page("/v1/checkout/sessions", all.into_iter().map(|session| shown(session, form)).collect(), form)
}

/// `GET /v1/checkout/sessions/{id}/line_items`.
pub(crate) fn entries(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&PAGING)?;
    let mut entries = crate::json::entries(&account.get("checkout.session", id)?["entries"]);
    entries.reverse();
    page(&format!("/v1/checkout/sessions/{id}/line_items"), entries, form)
}

pub(crate) fn expire(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    if account.get("checkout.session", id)?["status"] != "open" {
        return Err(Refusal::invalid("Only Checkout Sessions with a status in [\"open\"] can be expired."));
    }
    expire_now(account, id)
}

/// Nobody can pay it any more.
pub(crate) fn expire_now(account: &mut Account, id: &str) -> Answer {
    let session = account.get_mut("checkout.session", id)?;
    session["status"] = json!("expired");
    session["url"] = Value::Null;
    let session = bare(session);
    account.emit("checkout.session.expired", &session);
    Ok(session)
}
