//! `/v1/products`.

use serde_json::{Value, json};

use crate::{
    account::{Account, merge_metadata, take_over},
    form::Form,
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

const FIELDS: [&str; 8] =
    ["name", "active", "description", "metadata.*", "statement_descriptor", "tax_code", "unit_label", "url"];

const TEXTS: [&str; 5] = ["description", "statement_descriptor", "tax_code", "unit_label", "url"];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&FIELDS[..], &["id"]].concat())?;
    form.need("name")?;
    if let Some(id) = form.text("id")
        && account.object(id).is_some()
    {
        return Err(Refusal::param("id", format!("Product already exists: {id}")).code("resource_already_exists"));
    }
    let product = make(account, form)?;
    Ok(account.put(product))
}

/// A product that is not stored yet; a price may make one on the way.
pub(crate) fn make(account: &mut Account, form: &Form) -> Result<Value, Refusal> {
    let id = form.text("id").map_or_else(|| account.id("prod"), str::to_owned);
    let mut product = json!({
        "id": id, "object": "product", "active": form.flag("active")?.unwrap_or(true), "created": account.now,
        "default_price": null, "description": null, "images": [], "livemode": false, "marketing_features": [],
        "metadata": {}, "name": form.need("name")?, "package_dimensions": null, "shippable": null,
        "statement_descriptor": null, "tax_code": null, "tax_details": null, "type": "service", "unit_label": null, "updated": account.now,
        "url": null,
    });
    take_over(&mut product, form, &TEXTS);
    merge_metadata(&mut product, form);
    account.emit("product.created", &product);
    Ok(product)
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get("product", id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["active", "ids.#", "url"]].concat())?;
    let mut all = account.all("product");
    narrow(&mut all, form, &["active", "url"]);
    let ids = form.texts("ids");
    all.retain(|product| ids.is_empty() || ids.iter().any(|id| product["id"] == **id));
    page("/v1/products", all, form)
}

pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[&FIELDS[..], &["default_price"]].concat())?;
    if form.has("name") {
        form.need("name")?;
    }
    let active = form.flag("active")?;
    let now = account.now;
    let product = account.get_mut("product", id)?;
    take_over(product, form, &[&TEXTS[..], &["name", "default_price"]].concat());
    merge_metadata(product, form);
    if let Some(active) = active {
        product["active"] = json!(active);
    }
    product["updated"] = json!(now);
    let product = product.clone();
    account.emit("product.updated", &product);
    Ok(product)
}
