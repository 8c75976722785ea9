//! `/v1/customers`.

use serde_json::json;

use crate::{
    account::{Account, merge_metadata, take_over},
    form::Form,
    list::{PAGING, narrow, page},
    refusal::Answer,
};

const TEXTS: [&str; 4] = ["description", "email", "name", "phone"];

const FIELDS: [&str; 9] = [
    "description",
    "email",
    "name",
    "phone",
    "metadata.*",
    "address.*",
    "preferred_locales.#",
    "tax_exempt",
    "test_clock",
];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    let id = account.id("cus");
    let prefix: String = id.chars().rev().take(8).collect::<String>().to_uppercase();
    let mut customer = json!({
        "id": id, "object": "customer", "address": null, "balance": 0, "created": account.now, "currency": null,
        "default_source": null, "delinquent": false, "description": null, "email": null, "invoice_prefix": prefix,
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null
        },
        "livemode": false, "metadata": {}, "name": null, "next_invoice_sequence": 1, "phone": null,
        "preferred_locales": form.texts("preferred_locales"), "shipping": null,
        "tax_exempt": form.choice("tax_exempt", &["none", "exempt", "reverse"])?.unwrap_or("none"),
        "test_clock": form.value("test_clock"),
    });
    take_over(&mut customer, form, &TEXTS);
    take_address(&mut customer, form);
    merge_metadata(&mut customer, form);
    account.emit("customer.created", &customer);
    Ok(account.put(customer))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("customer", id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["email", "created.*"]].concat())?;
    let mut all = account.all("customer");
    all.retain(|customer| customer["deleted"] != true);
    narrow(&mut all, form, &["email"]);
    page("/v1/customers", all, form)
}

pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[&FIELDS[..8], &["invoice_settings.*"]].concat())?;
    let customer = account.get_mut("customer", id)?;
    take_over(customer, form, &TEXTS);
    take_address(customer, form);
    merge_metadata(customer, form);
    if let Some(method) = form.text("invoice_settings.default_payment_method") {
        customer["invoice_settings"]["default_payment_method"] = json!(method);
    }
    let customer = customer.clone();
    account.emit("customer.updated", &customer);
    Ok(customer)
}

/// What is left of a deleted customer says only that; its subscriptions end at once.
pub(crate) fn delete(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let customer = account.get("customer", id)?.clone();
    account.emit("customer.deleted", &customer);
    Ok(account.put(json!({ "id": id, "object": "customer", "deleted": true })))
}

fn take_address(customer: &mut serde_json::Value, form: &Form) {
    if form.has("address") {
        let part = |name: &str| form.value(&format!("address.{name}"));
        customer["address"] = json!({
            "city": part("city"), "country": part("country"), "line1": part("line1"), "line2": part("line2"),
            "postal_code": part("postal_code"), "state": part("state"),
        });
    }
}
