//! `/v1/billing/credit_grants`: money that pays for usage, taken when an invoice becomes final.

use serde_json::{Value, json};

use super::coupons;
use crate::{
    account::{Account, merge_metadata},
    form::Form,
    json::{int, text},
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

const KIND: &str = "billing.credit_grant";

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "customer",
        "amount.type",
        "amount.monetary.currency",
        "amount.monetary.value",
        "applicability_config.scope.price_type",
        "applicability_config.scope.prices.#.id",
        "category",
        "effective_at",
        "expires_at",
        "metadata.*",
        "name",
        "priority",
    ])?;
    let customer = form.need("customer")?.to_owned();
    account.get("customer", &customer)?;
    form.need("amount.type")?;
    form.choice("amount.type", &["monetary"])?;
    let currency = form.need("amount.monetary.currency")?.to_owned();
    form.need("amount.monetary.value")?;
    let value = form.int("amount.monetary.value")?.unwrap_or_default();
    if value <= 0 {
        return Err(Refusal::param("amount[monetary][value]", "The amount must be above 0."));
    }
    let prices: Vec<Value> = form
        .items("applicability_config.scope.prices")
        .iter()
        .map(|price| json!({ "id": price.value("id") }))
        .collect();
    let kind = form.choice("applicability_config.scope.price_type", &["metered"])?;
    if kind.is_some() != prices.is_empty() || prices.len() > 20 {
        let message = "Pass either `price_type` or at most 20 `prices`.";
        return Err(Refusal::param("applicability_config[scope]", message));
    }
    let priority = form.int("priority")?.unwrap_or(50);
    if !(0..=100).contains(&priority) {
        return Err(Refusal::param("priority", "The priority must be between 0 and 100."));
    }
    let mut scope = json!({});
    if let Some(kind) = kind {
        scope["price_type"] = json!(kind);
    } else {
        scope["prices"] = json!(prices);
    }
    let (id, now) = (account.id("credgr"), account.now);
    let mut grant = json!({
        "id": id, "object": KIND,
        "amount": { "type": "monetary", "monetary": { "currency": currency, "value": value } },
        "applicability_config": { "scope": scope },
        "category": form.choice("category", &["paid", "promotional"])?.unwrap_or("paid"), "created": now,
        "customer": customer, "customer_account": null, "effective_at": form.int("effective_at")?.unwrap_or(now),
        "expires_at": form.int("expires_at")?, "livemode": false, "metadata": {}, "name": form.value("name"),
        "priority": priority, "test_clock": null, "updated": now, "voided_at": null,
    });
    merge_metadata(&mut grant, form);
    account.credit_left.insert(id, value);
    account.emit("billing.credit_grant.created", &grant);
    Ok(account.put(grant))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(KIND, id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer"]].concat())?;
    let mut all = account.all(KIND);
    narrow(&mut all, form, &["customer"]);
    page("/v1/billing/credit_grants", all, form)
}

/// What nothing was taken of can be made void.
pub(crate) fn void(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let left = account.credit_left.get(id).copied();
    if account.get(KIND, id)?["amount"]["monetary"]["value"].as_i64() != left {
        return Err(Refusal::invalid("A credit grant that was used cannot be voided."));
    }
    account.credit_left.remove(id);
    set(account, id, "voided_at")
}

pub(crate) fn expire(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(KIND, id)?;
    account.credit_left.remove(id);
    set(account, id, "expires_at")
}

fn set(account: &mut Account, id: &str, field: &str) -> Answer {
    let now = account.now;
    let grant = account.get_mut(KIND, id)?;
    grant[field] = json!(now);
    grant["updated"] = json!(now);
    let grant = grant.clone();
    account.emit("billing.credit_grant.updated", &grant);
    Ok(grant)
}

/// Takes credit for the usage on an invoice: the lowest priority first, then what ends first, then what is oldest.
pub(super) fn apply(account: &mut Account, invoice: &Value, lines: &mut [Value]) -> Vec<Value> {
    let now = account.now;
    let mut grants = account.all(KIND);
    grants.retain(|grant| {
        let begun = int(grant, "effective_at") <= now;
        let over = grant["expires_at"].as_i64().is_some_and(|end| end <= now);
        let same = grant["amount"]["monetary"]["currency"] == invoice["currency"];
        grant["customer"] == invoice["customer"] && begun && !over && same
    });
    grants.sort_by_key(|grant| (int(grant, "priority"), grant["expires_at"].as_i64().unwrap_or(i64::MAX)));
    let mut taken = Vec::new();
    for grant in grants {
        let id = text(&grant, "id");
        let mut left = account.credit_left.get(id).copied().unwrap_or_default();
        let transaction = account.id("cbtxn");
        let mut total = 0;
        for line in lines.iter_mut().filter(|line| applies(account, &grant, line)) {
            let before: i64 = credited(line);
            let part = (int(line, "amount") - coupons::taken(line) - before).clamp(0, left);
            if part == 0 {
                continue;
            }
            left -= part;
            total += part;
            if let Some(list) = line["pretax_credit_amounts"].as_array_mut() {
                list.push(amount(part, &transaction));
            }
        }
        if total > 0 {
            account.credit_left.insert(id.to_owned(), left);
            taken.push(amount(total, &transaction));
        }
    }
    taken
}

fn amount(amount: i64, transaction: &str) -> Value {
    json!({ "amount": amount, "credit_balance_transaction": transaction, "type": "credit_balance_transaction" })
}

fn credited(line: &Value) -> i64 {
    let list = line["pretax_credit_amounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|credit| int(credit, "amount")).sum()
}

fn applies(account: &Account, grant: &Value, line: &Value) -> bool {
    let price = text(&line["pricing"]["price_details"], "price");
    let metered = account.find("price", price).is_some_and(super::items::is_metered);
    let scope = &grant["applicability_config"]["scope"];
    let named = scope["prices"].as_array().is_none_or(|prices| prices.iter().any(|named| named["id"] == price));
    metered && named
}

/// `GET /v1/billing/credit_balance_summary`.
pub(crate) fn summary(account: &mut Account, form: &Form) -> Answer {
    form.only(&["customer", "filter.type", "filter.credit_grant", "filter.applicability_scope.price_type"])?;
    let customer = form.need("customer")?;
    form.need("filter.type")?;
    let (mut left, mut currency, now) = (0, json!("usd"), account.now);
    for grant in account.all(KIND) {
        let wanted = form.text("filter.credit_grant").is_none_or(|id| grant["id"] == id);
        let over = grant["expires_at"].as_i64().is_some_and(|end| end <= now);
        if grant["customer"] == customer && wanted && !over {
            left += account.credit_left.get(text(&grant, "id")).copied().unwrap_or_default();
            currency = grant["amount"]["monetary"]["currency"].clone();
        }
    }
    let amount = json!({ "type": "monetary", "monetary": { "currency": currency, "value": left } });
    Ok(json!({
        "object": "billing.credit_balance_summary", "customer": customer, "customer_account": null, "livemode": false,
        "balances": [{ "available_balance": amount, "ledger_balance": amount }],
    }))
}
