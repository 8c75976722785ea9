//! `/v1/prices`. What a price costs never changes.

use serde_json::{Value, json};

use super::{products, tiers};
use crate::{
    account::{Account, merge_metadata, take_over},
    form::Form,
    list::{PAGING, narrow, page},
    money,
    refusal::{Answer, Refusal},
};

const FIELDS: [&str; 27] = [
    "currency",
    "active",
    "metadata.*",
    "nickname",
    "product",
    "product_data.name",
    "product_data.active",
    "product_data.id",
    "product_data.metadata.*",
    "product_data.unit_label",
    "recurring.interval",
    "recurring.interval_count",
    "recurring.meter",
    "recurring.trial_period_days",
    "recurring.usage_type",
    "unit_amount",
    "unit_amount_decimal",
    "billing_scheme",
    "tiers_mode",
    "tiers.#.*",
    "lookup_key",
    "transfer_lookup_key",
    "tax_behavior",
    "transform_quantity.divide_by",
    "transform_quantity.round",
    "currency_options.*",
    "custom_unit_amount.*",
];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    let currency = form.need("currency")?.to_lowercase();
    if currency.len() != 3 {
        return Err(Refusal::param("currency", format!("Invalid currency: {currency}")));
    }
    let recurring = recurring(account, form)?;
    let amounts = tiers::amounts(form)?;
    check_lookup_key(account, form)?;
    let product = product(account, form)?;
    let transform = transform(form)?;
    if transform.is_object() && amounts["tiers"].is_array() {
        return Err(Refusal::param("transform_quantity", "`transform_quantity` cannot be combined with `tiers`."));
    }
    let id = account.id("price");
    let mut price = json!({
        "id": id, "object": "price", "active": form.flag("active")?.unwrap_or(true),
        "billing_scheme": amounts["billing_scheme"], "created": account.now, "currency": currency,
        "custom_unit_amount": null, "livemode": false, "lookup_key": null, "metadata": {},
        "nickname": form.value("nickname"), "product": product,
        "recurring": recurring,
        "tax_behavior": form.choice("tax_behavior", &["exclusive", "inclusive", "unspecified"])?.unwrap_or("unspecified"),
        "tiers_mode": amounts["tiers_mode"], "transform_quantity": transform,
        "type": if recurring.is_null() { "one_time" } else { "recurring" },
        "unit_amount": amounts["unit_amount"], "unit_amount_decimal": amounts["unit_amount_decimal"],
    });
    if amounts["tiers"].is_array() {
        price["tiers"] = amounts["tiers"].clone();
    }
    merge_metadata(&mut price, form);
    take_lookup_key(account, &mut price, form);
    account.emit("price.created", &price);
    Ok(account.put(price))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("price", id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    let fields = ["active", "currency", "product", "type", "lookup_keys.#", "recurring.*"];
    form.only(&[&PAGING[..], &fields].concat())?;
    let keys = form.texts("lookup_keys");
    if keys.len() > 10 {
        return Err(Refusal::param("lookup_keys", "You can search for at most 10 lookup keys."));
    }
    let mut all = account.all("price");
    narrow(&mut all, form, &["active", "currency", "product", "type"]);
    for field in ["interval", "meter", "usage_type"] {
        if let Some(wanted) = form.text(&format!("recurring.{field}")) {
            all.retain(|price| price["recurring"][field] == wanted);
        }
    }
    all.retain(|price| keys.is_empty() || keys.iter().any(|key| price["lookup_key"] == **key));
    page("/v1/prices", all, form)
}

pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["active", "metadata.*", "nickname", "lookup_key", "transfer_lookup_key", "tax_behavior"])?;
    check_lookup_key(account, form)?;
    let mut price = account.get("price", id)?.clone();
    take_over(&mut price, form, &["nickname", "tax_behavior"]);
    merge_metadata(&mut price, form);
    if let Some(active) = form.flag("active")? {
        price["active"] = json!(active);
    }
    take_lookup_key(account, &mut price, form);
    account.emit("price.updated", &price);
    Ok(account.put(price))
}

fn product(account: &mut Account, form: &Form) -> Result<String, Refusal> {
    if form.has("product_data") {
        if form.has("product") {
            return Err(Refusal::param("product", "You may only specify one of `product` and `product_data`."));
        }
        let product = products::make(account, &form.inner("product_data"))?;
        let id = product["id"].as_str().unwrap_or_default().to_owned();
        account.put(product);
        return Ok(id);
    }
    let id = form.need("product")?;
    let product = account.get("product", id)?;
    if product["active"] == false {
        return Err(Refusal::param("product", format!("Product {id} is not active.")));
    }
    Ok(id.to_owned())
}

fn recurring(account: &Account, form: &Form) -> Result<Value, Refusal> {
    if !form.has("recurring") {
        return Ok(Value::Null);
    }
    form.need("recurring.interval")?;
    let interval = form.choice("recurring.interval", &["day", "week", "month", "year"])?;
    let usage = form.choice("recurring.usage_type", &["licensed", "metered"])?.unwrap_or("licensed");
    let meter = form.text("recurring.meter");
    match (usage, meter) {
        ("metered", None) => {
            return Err(Refusal::param(
                "recurring[meter]",
                "A metered price needs a meter: legacy usage records are no longer supported.",
            ));
        }
        ("licensed", Some(_)) => {
            return Err(Refusal::param("recurring[meter]", "A licensed price cannot have a meter."));
        }
        (_, Some(meter)) if account.get("billing.meter", meter)?["status"] != "active" => {
            return Err(Refusal::param("recurring[meter]", "The meter is not active.").code("archived_meter"));
        }
        _ => {}
    }
    Ok(json!({
        "interval": interval, "interval_count": form.int("recurring.interval_count")?.unwrap_or(1), "meter": meter,
        "trial_period_days": form.int("recurring.trial_period_days")?, "usage_type": usage,
    }))
}

fn transform(form: &Form) -> Result<Value, Refusal> {
    if !form.has("transform_quantity") {
        return Ok(Value::Null);
    }
    form.need("transform_quantity.divide_by")?;
    form.need("transform_quantity.round")?;
    let round = form.choice("transform_quantity.round", &["up", "down"])?;
    Ok(json!({ "divide_by": form.int("transform_quantity.divide_by")?, "round": round }))
}

/// One price at a time has a key; another gets it only where that was asked for.
fn check_lookup_key(account: &Account, form: &Form) -> Result<(), Refusal> {
    let Some(key) = form.text("lookup_key") else { return Ok(()) };
    if key.len() > 200 {
        return Err(Refusal::param("lookup_key", "Invalid string: at most 200 characters."));
    }
    let taken = account.all("price").iter().any(|price| price["lookup_key"] == key);
    if taken && form.flag("transfer_lookup_key")? != Some(true) {
        let message =
            format!("A price already uses the lookup key `{key}`; pass transfer_lookup_key=true to transfer it.");
        return Err(Refusal::param("lookup_key", message));
    }
    Ok(())
}

fn take_lookup_key(account: &mut Account, price: &mut Value, form: &Form) {
    if !form.has("lookup_key") {
        return;
    }
    let key = form.value("lookup_key");
    for mut other in account.all("price") {
        if !key.is_null() && other["lookup_key"] == key && other["id"] != price["id"] {
            other["lookup_key"] = Value::Null;
            account.put(other);
        }
    }
    price["lookup_key"] = key;
}

/// What one unit of a price costs, in parts of a coin.
pub(crate) fn unit_parts(amounts: &Value) -> i128 {
    amounts["unit_amount_decimal"].as_str().and_then(|text| money::parse(text, "unit_amount_decimal").ok()).unwrap_or(0)
}
