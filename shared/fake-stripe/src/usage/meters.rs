//! `/v1/billing/meters`.

use serde_json::{Value, json};

use crate::{
    account::Account,
    form::Form,
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

const KIND: &str = "billing.meter";

const FIELDS: [&str; 7] = [
    "display_name",
    "event_name",
    "default_aggregation.formula",
    "customer_mapping.type",
    "customer_mapping.event_payload_key",
    "value_settings.event_payload_key",
    "event_time_window",
];

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&FIELDS)?;
    form.need("display_name")?;
    form.need("default_aggregation.formula")?;
    let name = form.need("event_name")?;
    if name.len() > 100 {
        return Err(Refusal::param("event_name", "Invalid string: at most 100 characters."));
    }
    one_active(account, name)?;
    if form.has("customer_mapping") {
        form.need("customer_mapping.type")?;
        form.need("customer_mapping.event_payload_key")?;
    }
    let id = account.id("mtr");
    let meter = json!({
        "id": id, "object": KIND, "created": account.now,
        "customer_mapping": {
            "event_payload_key": form.text("customer_mapping.event_payload_key").unwrap_or("stripe_customer_id"),
            "type": form.choice("customer_mapping.type", &["by_id"])?.unwrap_or("by_id"),
        },
        "default_aggregation": { "formula": form.choice("default_aggregation.formula", &["count", "last", "sum"])? },
        "display_name": form.need("display_name")?, "event_name": name,
        "event_time_window": form.choice("event_time_window", &["day", "hour"])?,
        "livemode": false, "status": "active", "status_transitions": { "deactivated_at": null }, "updated": account.now,
        "value_settings": { "event_payload_key": form.text("value_settings.event_payload_key").unwrap_or("value") },
    });
    account.emit("billing.meter.created", &meter);
    Ok(account.put(meter))
}

pub(crate) fn get(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(KIND, id).cloned()
}

pub(crate) fn list(account: &mut Account, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["status"]].concat())?;
    form.choice("status", &["active", "inactive"])?;
    let mut all = account.all(KIND);
    narrow(&mut all, form, &["status"]);
    page("/v1/billing/meters", all, form)
}

/// Only the shown name of a meter ever changes.
pub(crate) fn update(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&["display_name"])?;
    let name = form.text("display_name").map(str::to_owned);
    change(account, id, "billing.meter.updated", |meter, _| {
        if let Some(name) = name {
            meter["display_name"] = json!(name);
        }
    })
}

pub(crate) fn deactivate(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    change(account, id, "billing.meter.deactivated", |meter, now| {
        meter["status"] = json!("inactive");
        meter["status_transitions"]["deactivated_at"] = json!(now);
    })
}

pub(crate) fn reactivate(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    let name = account.get(KIND, id)?["event_name"].as_str().unwrap_or_default().to_owned();
    if account.get(KIND, id)?["status"] != "active" {
        one_active(account, &name)?;
    }
    change(account, id, "billing.meter.reactivated", |meter, _| {
        meter["status"] = json!("active");
        meter["status_transitions"]["deactivated_at"] = Value::Null;
    })
}

fn change(account: &mut Account, id: &str, event: &str, change: impl FnOnce(&mut Value, i64)) -> Answer {
    let now = account.now;
    let meter = account.get_mut(KIND, id)?;
    change(meter, now);
    meter["updated"] = json!(now);
    let meter = meter.clone();
    account.emit(event, &meter);
    Ok(meter)
}

/// One name of events belongs to one active meter.
fn one_active(account: &Account, name: &str) -> Result<(), Refusal> {
    let taken = account.all(KIND).iter().any(|meter| meter["event_name"] == name && meter["status"] == "active");
    if taken {
        let message = format!("An active meter already exists with event name: {name}.");
        return Err(Refusal::param("event_name", message).code("resource_already_exists"));
    }
    Ok(())
}
