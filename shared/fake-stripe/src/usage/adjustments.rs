//! `POST /v1/billing/meter_event_adjustments`: takes one event back.

use serde_json::json;

use crate::{
    account::Account,
    form::Form,
    refusal::{Answer, Refusal},
};

/// How long after Stripe has got an event it can be cancelled.
const WITHIN: i64 = 24 * 60 * 60;

pub(crate) fn create(account: &mut Account, form: &Form) -> Answer {
    form.only(&["event_name", "type", "cancel.identifier"])?;
    let name = form.need("event_name")?;
    form.need("type")?;
    form.choice("type", &["cancel"])?;
    let identifier = form.need("cancel.identifier")?;
    let now = account.now;
    let meters: Vec<_> = account.all("billing.meter").into_iter().filter(|meter| meter["event_name"] == name).collect();
    let of_meter = |id: &str| meters.iter().any(|meter| meter["id"] == id);
    // A later event may bear the same identifier again, so the last one counts.
    let events = account.meter_events.iter_mut().rev();
    let Some(event) = events.into_iter().find(|event| event.identifier == identifier && of_meter(&event.meter)) else {
        return Err(Refusal::param(
            "cancel[identifier]",
            format!("No meter event found with identifier {identifier}."),
        ));
    };
    if now - event.received_at >= WITHIN {
        return Err(Refusal::param("cancel[identifier]", "Meter events can only be cancelled within 24 hours."));
    }
    if !event.counted {
        return Err(Refusal::param("cancel[identifier]", "The meter event was already cancelled."));
    }
    event.counted = false;
    Ok(json!({
        "object": "billing.meter_event_adjustment", "cancel": { "identifier": identifier }, "event_name": name,
        "livemode": false, "status": "pending", "type": "cancel",
    }))
}
