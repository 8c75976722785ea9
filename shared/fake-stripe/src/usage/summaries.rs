//! `GET /v1/billing/meters/{id}/event_summaries`.

use serde_json::{Value, json};

use super::aggregate;
use crate::{
    account::Account,
    form::Form,
    list::{PAGING, page},
    refusal::{Answer, Refusal},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(crate) fn list(account: &mut Account, id: &str, form: &Form) -> Answer {
    form.only(&[&PAGING[..], &["customer", "start_time", "end_time", "value_grouping_window"]].concat())?;
    let meter = account.get("billing.meter", id)?.clone();
    let customer = form.need("customer")?;
    account.get("customer", customer)?;
    let window = match form.choice("value_grouping_window", &["day", "hour"])? {
        Some("hour") => Some(HOUR),
        Some(_) => Some(DAY),
        None => None,
    };
    let start = moment(form, "start_time", window.unwrap_or(MINUTE))?;
    let end = moment(form, "end_time", window.unwrap_or(MINUTE))?;
    if end <= start {
        return Err(Refusal::param("end_time", "`end_time` must be after `start_time`."));
    }
    let mut summaries = Vec::new();
    let mut from = start;
    while from < end {
        let until = window.map_or(end, |window| from + window);
        if let Some(summary) = summary(account, &meter, customer, from, until, window.is_none()) {
            summaries.push(summary);
        }
        from = until;
    }
    page(&format!("/v1/billing/meters/{id}/event_summaries"), summaries, form)
}

fn moment(form: &Form, field: &str, step: i64) -> Result<i64, Refusal> {
    form.need(field)?;
    let moment = form.int(field)?.unwrap_or_default();
    if moment % step == 0 {
        return Ok(moment);
    }
    let wanted = match step {
        MINUTE => "a minute",
        HOUR => "an hour",
        _ => "a day of UTC",
    };
    Err(Refusal::param(field, format!("`{field}` must be aligned with the start of {wanted}.")))
}

/// What a meter counted within a window; an empty window is left out unless it is the only one.
fn summary(account: &Account, meter: &Value, customer: &str, from: i64, until: i64, only: bool) -> Option<Value> {
    let known_until = account.now - account.settings.summary_lag;
    let events: Vec<_> = account
        .counted_events(customer, from, until)
        .filter(|event| meter["id"] == event.meter && event.received_at <= known_until)
        .collect();
    if events.is_empty() && !only {
        return None;
    }
    let value = aggregate(meter, events.into_iter());
    let id = meter["id"].as_str().unwrap_or_default();
    Some(json!({
        "id": format!("mtrusg_{id}_{customer}_{from}_{until}"), "object": "billing.meter_event_summary",
        "aggregated_value": value, "end_time": until, "livemode": false, "meter": id, "start_time": from,
    }))
}
