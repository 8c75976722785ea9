//! Stripe's meters: the sink for usage of those whom Stripe invoices.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt as _};
use stripe_billing::{
    billing_meter_event::CreateBillingMeterEvent,
    billing_meter_event_summary::{ListIdBillingMeterEventSummary, ListIdBillingMeterEventSummaryValueGroupingWindow},
    invoice_item::{CreateInvoiceItem, ListInvoiceItem, Period},
};
use turnpike_core::Timestamp;

use super::{Delivery, HOUR, LateCharge, UsageEvent, UsageSink};
use crate::{
    BillingError,
    stripe::{Failure, METER_EVENT, Stripe},
};

/// Under which an invoice item keeps the identifier of the batch that it charges.
const BATCH: &str = "usage_batch";

/// Stripe's longest page, in hours.
const PAGE: i64 = 100;

impl UsageSink for Stripe {
    fn send<'a>(&'a self, event: &'a UsageEvent) -> BoxFuture<'a, Delivery> {
        async move {
            let payload = [("stripe_customer_id", event.customer.clone()), ("value", event.units.to_string())];
            let payload: HashMap<_, _> = payload.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let request = CreateBillingMeterEvent::new(METER_EVENT, payload)
                .identifier(event.identifier.as_str())
                .timestamp(seconds(event.at));
            // Stripe repeats its first answer to a key, also a failure: each attempt has its own, and the identifier is what
            // makes two of them one.
            let key = format!("{}#{}", event.identifier, event.attempt);
            match self.meter_client().once(&request, &key).await {
                Ok(_) => Delivery::Accepted,
                Err(failure) => delivery(&failure),
            }
        }
        .boxed()
    }

    fn charge<'a>(&'a self, late: &'a LateCharge) -> BoxFuture<'a, Delivery> {
        async move {
            match self.is_charged(late).await {
                Ok(true) => return Delivery::Duplicate,
                Ok(false) => {}
                // Nothing was asked for yet.
                Err(failure) => return later(&failure),
            }
            let currency = late.currency.to_string().to_lowercase();
            let Ok(currency) = currency.parse::<stripe_types::Currency>();
            let mut request = CreateInvoiceItem::new()
                .customer(late.customer.as_str())
                .amount(late.amount.0 / late.currency.coin().0)
                .currency(currency)
                .description(late.description.as_str())
                .period(Period { start: seconds(late.since), end: seconds(late.until) })
                .metadata([(BATCH.to_owned(), late.identifier.clone())]);
            if let Some(subscription) = &late.subscription {
                request = request.subscription(subscription.as_str());
            }
            match self.client().once(&request, &late.identifier).await {
                Ok(_) => Delivery::Accepted,
                // The key was used before, for another amount: the item is found when it is looked for again.
                Err(Failure::Refused { status: 400 | 409, message, .. }) if message.contains("idempoten") => {
                    Delivery::Later { retry_at: None, reason: "asked for before with another amount".into() }
                }
                Err(failure) => delivery(&failure),
            }
        }
        .boxed()
    }

    fn sums<'a>(
        &'a self,
        customer: &'a str,
        since: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, i64)>, BillingError>> {
        async move {
            let Some(meter) = self.find_meter().await? else { return Ok(vec![]) };
            let mut sums = vec![];
            let mut page = since;
            while page < until {
                let end = Timestamp::from_micros(page.micros().saturating_add(PAGE * HOUR)).min(until);
                let request =
                    ListIdBillingMeterEventSummary::new(meter.as_str(), customer, seconds(end), seconds(page))
                        .value_grouping_window(ListIdBillingMeterEventSummaryValueGroupingWindow::Hour)
                        .limit(PAGE);
                let hours = self.read_client().get(&request).await?.data;
                // We send whole numbers of at most 15 digits, which a float holds.
                #[expect(clippy::cast_possible_truncation, reason = "a sum of whole numbers")]
                let of = |sum: f64| sum.round() as i64;
                sums.extend(hours.iter().map(|hour| (from_seconds(hour.start_time), of(hour.aggregated_value))));
                page = end;
            }
            sums.sort_unstable();
            Ok(sums)
        }
        .boxed()
    }
}

impl Stripe {
    /// Whether there is an item for it: keys are forgotten after a day, items are not.
    async fn is_charged(&self, late: &LateCharge) -> Result<bool, Failure> {
        let mut list = ListInvoiceItem::new().customer(late.customer.as_str()).limit(100);
        loop {
            let page = self.client().get(&list).await?;
            let known = |metadata: &HashMap<String, String>| metadata.get(BATCH) == Some(&late.identifier);
            if page.data.iter().any(|item| item.metadata.as_ref().is_some_and(known)) {
                return Ok(true);
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => list = list.starting_after(last.id.as_str()),
                None => return Ok(false),
            }
        }
    }
}

/// Codes of errors that somebody puts right.
const NOT_NOW: [&str; 3] = ["no_meter", "archived_meter", "timestamp_in_future"];

/// What an error of Stripe means for what was sent.
fn delivery(failure: &Failure) -> Delivery {
    match failure {
        failure if is_known_already(failure) => Delivery::Duplicate,
        // Of the key, of the clock, or of what is not seeded yet: nothing is wrong with the batch.
        Failure::Refused { status: 401..=404 | 409, .. } | Failure::Busy => later(failure),
        failure if NOT_NOW.iter().any(|code| failure.has_code(code)) => later(failure),
        Failure::Refused { .. } => Delivery::Refused(failure.to_string()),
        Failure::Broken(_) | Failure::Unreachable | Failure::Unreadable => Delivery::Unknown(failure.to_string()),
    }
}

fn later(failure: &Failure) -> Delivery {
    Delivery::Later { retry_at: None, reason: failure.to_string() }
}

/// Stripe has an event of that identifier. It says so with an error that has no code, only words.
fn is_known_already(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { status: 400, code: None, message }
        if message.starts_with("An event already exists with identifier"))
}

fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: Option<&str>, message: &str) -> Failure {
        Failure::Refused { status, code: code.map(Into::into), message: message.into() }
    }

    #[test]
    fn an_event_that_exists_is_delivered_and_no_other_refusal_is() {
        let known = "An event already exists with identifier u1:0198:1790000000:0.";
        assert_eq!(delivery(&refused(400, None, known)), Delivery::Duplicate);
        for other in [refused(400, Some("resource_missing"), known), refused(400, None, "Invalid timestamp")] {
            assert!(matches!(delivery(&other), Delivery::Refused(_)), "{other}");
        }
    }

    #[test]
    fn what_may_have_been_taken_is_told_from_what_was_not() {
        for failure in [Failure::Broken(500), Failure::Unreachable, Failure::Unreadable] {
            assert!(matches!(delivery(&failure), Delivery::Unknown(_)), "{failure}");
        }
        for failure in [
            Failure::Busy,
            refused(401, None, "key"),
            refused(404, Some("resource_missing"), "meter"),
            refused(400, Some("no_meter"), "none"),
        ] {
            assert!(matches!(delivery(&failure), Delivery::Later { .. }), "{failure}");
        }
    }
}
