//! `POST /v1/billing/meter_events`.

use serde_json::{Value, json};

use super::{MeterEvent, reports};
use crate::{
    account::Account,
    form::Form,
    refusal::{Answer, Refusal},
};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// For how long an identifier is remembered. Stripe promises at least this long, so this is what one may count on.
const REMEMBERED: i64 = DAY;
const OLDEST: i64 = 35 * DAY;
const AHEAD: i64 = 5 * MINUTE;
const MOST_DIGITS: usize = 15;

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&["event_name", "payload.*", "identifier", "timestamp"])?;
    let name = form.need("event_name")?;
    let identifier = form.text("identifier").map_or_else(|| account.id("mevt"), str::to_owned);
    if identifier.len() > 100 {
        return Err(Refusal::param("identifier", "Invalid string: at most 100 characters."));
    }
    let meter = meter(account, name)?;
    let (customer, value) = payload(&meter, form)?;
    let timestamp = form.int("timestamp")?.unwrap_or(account.now);
    check_time(account.now, timestamp)?;
    let now = account.now;
    let known = |event: &MeterEvent| event.identifier == identifier && now - event.received_at < REMEMBERED;
    if account.meter_events.iter().any(known) {
        let message = format!("An event already exists with identifier {identifier}.");
        return Err(Refusal::invalid(message).final_answer());
    }
    // Whether there is such a customer is found out after the answer.
    let counted = account.find("customer", &customer).is_some_and(|customer| customer["deleted"] != true);
    let event = MeterEvent {
        identifier: identifier.clone(),
        meter: meter["id"].as_str().unwrap_or_default().to_owned(),
        customer,
        value,
        timestamp,
        received_at: now,
        counted,
    };
    if !counted {
        reports::unknown_customer(account, &event);
    }
    account.meter_events.push(event);
    Ok(json!({
        "object": "billing.meter_event", "created": now, "event_name": name, "identifier": identifier, "livemode": false,
        "payload": form.map("payload"), "timestamp": timestamp,
    }))
}

fn meter(account: &Account, name: &str) -> Result<Value, Refusal> {
    let mut named = account.all("billing.meter");
    named.retain(|meter| meter["event_name"] == name);
    if let Some(active) = named.iter().find(|meter| meter["status"] == "active") {
        return Ok(active.clone());
    }
    if named.is_empty() {
        let message = format!("No active meter found for event name: {name}.");
        return Err(Refusal::param("event_name", message).code("no_meter").final_answer());
    }
    let message = format!("The meter of event name {name} is archived.");
    Err(Refusal::param("event_name", message).code("archived_meter").final_answer())
}

/// The customer and the whole number that the payload carries.
fn payload(meter: &Value, form: &Form) -> Result<(String, i64), Refusal> {
    let key = |part: &str| meter[part]["event_payload_key"].as_str().unwrap_or_default().to_owned();
    let customer_key = key("customer_mapping");
    let Some(customer) = form.text(&format!("payload.{customer_key}")) else {
        let message = format!("Customer mapping key {customer_key} not found in payload.");
        return Err(Refusal::param("payload", message).code("meter_event_no_customer_defined").final_answer());
    };
    if meter["default_aggregation"]["formula"] == "count" {
        return Ok((customer.to_owned(), 1));
    }
    let value_key = key("value_settings");
    let text = form.text(&format!("payload.{value_key}")).unwrap_or_default();
    let invalid = |code: &str, message: String| {
        Refusal::param(&format!("payload[{value_key}]"), message).code(code).final_answer()
    };
    if text.trim_start_matches('-').len() > MOST_DIGITS {
        let message = format!("The value has more than {MOST_DIGITS} digits: {text}.");
        return Err(invalid("meter_event_value_too_many_digits", message));
    }
    let value = text
        .parse::<i64>()
        .map_err(|_| invalid("meter_event_invalid_value", format!("The value is not a whole number: '{text}'.")))?;
    Ok((customer.to_owned(), value))
}

fn check_time(now: i64, timestamp: i64) -> Result<(), Refusal> {
    if timestamp < now - OLDEST {
        let message = "Timestamp must be within the past 35 calendar days.";
        return Err(Refusal::param("timestamp", message).code("timestamp_too_far_in_past").final_answer());
    }
    if timestamp > now + AHEAD {
        let message = "Timestamp must not be more than 5 minutes in the future.";
        return Err(Refusal::param("timestamp", message).code("timestamp_in_future").final_answer());
    }
    Ok(())
}
