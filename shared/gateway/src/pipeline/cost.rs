//! What a call costs: at most, before it is made, and in fact, when its answer is there.

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use turnpike_core::{Money, Outcome};
use turnpike_metering::{Price, Quota};

use super::Call;
use crate::{Gateway, servers::Found};

/// What a call was charged.
#[derive(Clone, Copy)]
pub(super) struct Charged {
    pub(super) price: Price,
    /// By the plan, in the tier that its units fell into; without a plan the price.
    estimate: Money,
}

impl Charged {
    /// For `_meta`.
    pub(super) fn told(&self) -> Value {
        json!({ "units": self.price.units, "list": self.price.money(), "estimate": self.estimate })
    }
}

impl Gateway {
    /// The units that a call may use up: those of its class, as often as its arguments allow.
    pub(super) fn most_units(&self, call: &Call) -> i64 {
        // What a job costs depends on the tool whose work it is, not on the one that fetches it.
        let arguments = call.job.as_ref().map_or(&call.arguments, |job| &job.arguments_json);
        let rows = match call.found.spec().cost.varies() {
            true => {
                let arguments: JsonObject = serde_json::from_str(arguments).unwrap_or_default();
                call.found.tool().most_rows(&arguments)
            }
            false => 0,
        };
        self.units(call, &call.found, rows)
    }

    /// The units of an answer of so many rows, by the price book in force when the call began.
    pub(super) fn units(&self, call: &Call, found: &Found, rows: u64) -> i64 {
        let cost = found.spec().cost;
        self.books.at(call.began).units(cost.as_str()).saturating_mul(cost.times(rows))
    }

    /// The price of a call that ended so.
    pub(super) fn price(&self, call: &Call, outcome: Outcome, rows: u64) -> Price {
        self.books.at(call.began).price_of(self.units(call, &call.found, rows), outcome)
    }

    /// What is not written down costs nothing.
    pub(super) fn nothing(&self, call: &Call) -> Charged {
        let price = self.books.at(call.began).price_of(0, Outcome::CallerFault);
        Charged { price, estimate: price.money() }
    }

    /// Counts what is in the ledger by now.
    pub(super) fn charge(&self, call: &mut Call, price: Price) -> Charged {
        let charge = call.reservation.take().and_then(|reservation| reservation.settle(price.units));
        let Some(charge) = charge else { return Charged { price, estimate: price.money() } };
        call.quota = Some(charge.quota);
        Charged { price, estimate: Money { micros: charge.estimate, currency: price.currency } }
    }
}

/// How many rows an answer has.
pub(super) fn rows_of(value: &Value) -> u64 {
    value["rows"].as_array().map_or(0, |rows| rows.len() as u64)
}

/// For `_meta`.
pub(super) fn quota_told(quota: &Quota) -> Value {
    json!({
        "used": quota.used,
        "included": quota.included,
        "left": quota.left(),
        "cap": quota.cap,
        "period_ends": quota.period_ends.to_string(),
    })
}
