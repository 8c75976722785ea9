//! Meters, and the units that they count.

pub(crate) mod adjustments;
pub(crate) mod events;
pub(crate) mod meters;
pub(crate) mod reports;
pub(crate) mod summaries;

use serde_json::Value;

use crate::account::Account;

/// Where events are sent to.
pub(crate) const EVENTS_PATH: &str = "/v1/billing/meter_events";

/// An event that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct MeterEvent {
    pub(crate) identifier: String,
    pub(crate) meter: String,
    pub(crate) customer: String,
    pub(crate) value: i64,
    /// When it was used.
    pub(crate) timestamp: i64,
    /// When Stripe got it.
    pub(crate) received_at: i64,
    /// False after it was cancelled, or found to be of no customer.
    pub(crate) counted: bool,
}

impl Account {
    pub(crate) fn counted_events(&self, customer: &str, since: i64, until: i64) -> impl Iterator<Item = &MeterEvent> {
        self.meter_events
            .iter()
            .filter(move |event| event.counted && event.customer == customer)
            .filter(move |event| (since..until).contains(&event.timestamp))
    }

    /// The sum of a customer's units over all meters.
    pub(crate) fn counted(&self, customer: &str, since: i64, until: i64) -> i64 {
        self.counted_events(customer, since, until).map(|event| event.value).sum()
    }
}

/// What a meter makes of its events.
pub(crate) fn aggregate<'a>(meter: &Value, events: impl Iterator<Item = &'a MeterEvent>) -> i64 {
    match meter["default_aggregation"]["formula"].as_str() {
        Some("count") => i64::try_from(events.count()).unwrap_or(i64::MAX),
        Some("last") => events.max_by_key(|event| event.timestamp).map_or(0, |event| event.value),
        _ => events.map(|event| event.value).sum(),
    }
}
