//! `/v1/coupons` and `/v1/promotion_codes`, and what they take off.

use serde_json::{Value, json};

use super::{period, subscriptions::percent};
use crate::{
    account::Account,
    form::Form,
    json::{int, text},
    list::{PAGING, narrow, page},
    money,
    refusal::{Answer, Refusal},
};

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&[
        "id",
        "amount_off",
        "currency",
        "duration",
        "duration_in_months",
        "max_redemptions",
        "metadata.*",
        "name",
        "percent_off",
        "redeem_by",
    ])?;
    let duration = form.choice("duration", &["forever", "once", "repeating"])?.unwrap_or("once");
    let (amount, percent) = (form.int("amount_off")?, percent(form, "percent_off")?);
    if amount.is_some() == percent.is_some() {
        return Err(Refusal::param("percent_off", "You must pass exactly one of `amount_off` and `percent_off`."));
    }
    if amount.is_some() {
        form.need("currency")?;
    }
    if (duration == "repeating") != form.has("duration_in_months") {
        return Err(Refusal::param("duration_in_months", "`duration_in_months` goes with `duration=repeating`."));
    }
    let id = form.text("id").map_or_else(|| account.id("coupon"), str::to_owned);
    if account.object(&id).is_some() {
        return Err(Refusal::param("id", format!("Coupon already exists: {id}")).code("resource_already_exists"));
    }
    let coupon = json!({
        "id": id, "object": "coupon", "amount_off": amount, "created": account.now, "currency": form.value("currency"),
        "duration": duration, "duration_in_months": form.int("duration_in_months")?, "livemode": false,
        "max_redemptions": form.int("max_redemptions")?, "metadata": form.map("metadata"), "name": form.value("name"),
        "percent_off": percent, "redeem_by": form.int("redeem_by")?, "times_redeemed": 0, "valid": true,
    });
    account.emit("coupon.created", &coupon);
    Ok(account.put(coupon))
}

pub(crate) fn get(account: &mut Account, kind: &str, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(kind, id).cloned()
}

pub(crate) fn create_code(account: &mut Account, form: &Form) -> Answer {
    form.only(&["promotion.type", "promotion.coupon", "code", "active", "customer", "max_redemptions", "metadata.*"])?;
    form.need("promotion.type")?;
    let coupon = form.need("promotion.coupon")?;
    account.get("coupon", coupon)?;
    let id = account.id("promo");
    let code = form.text("code").map_or_else(|| id.to_uppercase(), str::to_owned);
    let taken = account.all("promotion_code").iter().any(|other| other["code"] == *code && other["active"] == true);
    if taken {
        return Err(Refusal::param("code", format!("An active promotion code with `code: {code}` already exists.")));
    }
    let promotion = json!({
        "id": id, "object": "promotion_code", "active": form.flag("active")?.unwrap_or(true), "code": code,
        "created": account.now, "customer": form.value("customer"), "customer_account": null, "expires_at": null,
        "livemode": false, "max_redemptions": form.int("max_redemptions")?, "metadata": form.map("metadata"),
        "promotion": { "type": "coupon", "coupon": form.need("promotion.coupon")? },
        "restrictions": { "first_time_transaction": false, "minimum_amount": null, "minimum_amount_currency": null },
        "times_redeemed": 0,
    });
    account.emit("promotion_code.created", &promotion);
    Ok(account.put(promotion))
}

pub(crate) fn list_codes(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["active", "code", "customer", "coupon"]].concat())?;
    let mut all = account.all("promotion_code");
    narrow(&mut all, form, &["active", "code", "customer"]);
    page("/v1/promotion_codes", all, form)
}

/// The ids of coupons and promotion codes that a request names.
pub(crate) fn wanted(account: &Account, form: &Form) -> Result<Vec<String>, Refusal> {
    let mut wanted = Vec::new();
    for discount in form.items("discounts") {
        discount.only(&["coupon", "promotion_code", "discount"])?;
        if let Some(id) = discount.text("coupon") {
            account.get("coupon", id)?;
            wanted.push(id.to_owned());
        } else if let Some(id) = discount.text("promotion_code") {
            account.get("promotion_code", id)?;
            wanted.push(id.to_owned());
        } else if let Some(id) = discount.text("discount") {
            account.get("discount", id)?;
            wanted.push(id.to_owned());
        }
    }
    Ok(wanted)
}

/// The discounts that a request gives a subscription.
pub(super) fn discounts(account: &mut Account, form: &Form, subscription: &str) -> Result<Vec<String>, Refusal> {
    let wanted = wanted(account, form)?;
    Ok(wanted.iter().map(|id| redeem(account, id, subscription)).collect())
}

/// Makes a discount of a coupon or a promotion code.
pub(super) fn redeem(account: &mut Account, id: &str, subscription: &str) -> String {
    let source = account.object(id).cloned().unwrap_or_default();
    if source["object"] == "discount" {
        return id.to_owned();
    }
    let is_code = source["object"] == "promotion_code";
    let coupon = if is_code { text(&source["promotion"], "coupon").to_owned() } else { id.to_owned() };
    for used in [id, &*coupon] {
        if let Some(mut object) = account.object(used).cloned() {
            object["times_redeemed"] = json!(int(&object, "times_redeemed") + 1);
            account.put(object);
        }
    }
    let now = account.now;
    let terms = account.object(&coupon).cloned().unwrap_or_default();
    let months = json!({ "recurring": { "interval": "month", "interval_count": terms["duration_in_months"] } });
    let end = (terms["duration"] == "repeating").then(|| period::end(&months, now, now));
    let discount = account.id("di");
    account.put(json!({
        "id": discount, "object": "discount", "checkout_session": null, "customer": null,
        "customer_account": null, "end": end, "invoice": null, "invoice_item": null,
        "promotion_code": if is_code { json!(id) } else { Value::Null },
        "source": { "type": "coupon", "coupon": coupon }, "start": now, "subscription": subscription,
        "subscription_item": null,
    }));
    discount
}

fn coupon(account: &Account, discount: &str) -> Option<Value> {
    let discount = account.find("discount", discount)?;
    let ended = discount["end"].as_i64().is_some_and(|end| end <= account.now);
    account.find("coupon", text(&discount["source"], "coupon")).filter(|_| !ended).cloned()
}

fn ids(subscription: &Value) -> Vec<String> {
    let ids = subscription["discounts"].as_array().cloned().unwrap_or_default();
    ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// Takes discounts off lines, and gives what each took off in all.
pub(super) fn apply(account: &Account, subscription: &Value, lines: &mut [Value]) -> Vec<Value> {
    let mut totals = Vec::new();
    for id in ids(subscription) {
        let Some(coupon) = coupon(account, &id) else { continue };
        let mut left = coupon["amount_off"].as_i64();
        let percent = coupon["percent_off"].as_f64().map(|percent| percent.to_string());
        let parts = percent.and_then(|text| money::parse(&text, "percent_off").ok());
        let mut total = 0;
        for line in lines.iter_mut().filter(|line| line["discountable"] == true) {
            let amount = int(line, "amount") - taken(line);
            let off = match (parts, &mut left) {
                (Some(parts), _) => money::divide(i128::from(amount) * parts, 100 * money::PARTS),
                (None, Some(left)) => {
                    let off = amount.clamp(0, *left);
                    *left -= off;
                    off
                }
                _ => 0,
            };
            total += off;
            if let Some(list) = line["discount_amounts"].as_array_mut() {
                list.push(json!({ "amount": off, "discount": id }));
            }
        }
        totals.push(json!({ "amount": total, "discount": id }));
    }
    totals
}

/// What discounts have taken off a line.
pub(super) fn taken(line: &Value) -> i64 {
    let list = line["discount_amounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|discount| int(discount, "amount")).sum()
}

/// What lasts for one invoice is over with it.
pub(super) fn use_up(account: &mut Account, subscription: &Value) {
    let kept: Vec<String> = ids(subscription)
        .into_iter()
        .filter(|id| coupon(account, id).is_some_and(|coupon| coupon["duration"] != "once"))
        .collect();
    if let Ok(subscription) = account.get_mut("subscription", text(subscription, "id")) {
        subscription["discounts"] = json!(kept);
    }
}
