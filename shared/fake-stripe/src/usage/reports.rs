//! What Stripe finds out about meter events only after it has accepted them: thin events, whose data are fetched.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::MeterEvent;
use crate::{account::Account, refusal::Answer};

/// How long before a report the events that it is about came, at most.
const WINDOW: i64 = 10;

pub(super) fn unknown_customer(account: &mut Account, event: &MeterEvent) {
    let message = format!("No customer found with id {}.", event.customer);
    report(account, &event.meter, "meter_event_customer_not_found", &message, &event.identifier);
}

fn report(account: &mut Account, meter: &str, code: &str, message: &str, identifier: &str) {
    let id = account.id("evt_test");
    let now = account.now;
    let event = json!({
        "id": id, "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered", "livemode": false,
        "created": rfc3339(now), "context": account.name,
        "related_object": { "id": meter, "type": "billing.meter", "url": format!("/v1/billing/meters/{meter}") },
        "data": {
            "developer_message_summary": "There is 1 invalid event",
            "reason": {
                "error_count": 1,
                "error_types": [{
                    "code": code, "error_count": 1,
                    "sample_errors": [{ "error_message": message, "request": { "identifier": identifier } }],
                }],
            },
            "validation_start": rfc3339(now - WINDOW), "validation_end": rfc3339(now),
        },
    });
    account.push(event);
}

/// `GET /v2/core/events/{id}`.
pub(crate) fn get(account: &mut Account, id: &str) -> Answer {
    let found = account.events.iter().find(|event| event["id"] == id && event["object"] == "v2.core.event");
    found.cloned().ok_or_else(|| crate::refusal::Refusal::no_such("event", id))
}

/// What is sent of it: all but the data.
pub(crate) fn thin(event: &Value) -> Value {
    let mut sent = event.clone();
    if let Some(fields) = sent.as_object_mut() {
        fields.remove("data");
    }
    sent
}

fn rfc3339(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
