//! Usage on its way from the ledger to the payment provider: sealed by the hour, sent once, never lost.
//!
//! A batch is summed up and never changes (`seal`). It is sent by one worker at a time, under an identifier by which the
//! provider knows it again (`send`); when that memory may have ended, the provider's sums tell whether it arrived
//! (`uncertain`); and what its meter does not take any more is charged otherwise (`late`).

mod late;
mod reject;
mod seal;
mod send;
mod sink;
mod stripe_meters;
mod uncertain;

use std::sync::{Arc, OnceLock, atomic::AtomicI64};

use turnpike_core::Timestamp;
use turnpike_store::UsageBatch;

pub use self::sink::{Delivery, LateCharge, UsageEvent, UsageSink};
use crate::{Billing, payments::Payments};

/// How long after an hour the provider's sums of it are believed: it counts later than it answers.
pub(crate) const SUMS_LAG_HOURS: i64 = 2;

/// Microseconds of an hour.
pub(crate) const HOUR: i64 = 3_600_000_000;

/// What one process keeps about usage.
#[derive(Default)]
pub(crate) struct Usage {
    /// Where usage goes, if not to the payment provider of the settings.
    sink: OnceLock<Arc<dyn UsageSink>>,
    /// Up to which hour, in microseconds, this process has looked for calls to seal.
    sealed_until: AtomicI64,
}

impl Billing {
    /// Where usage goes; none where the operator collects the money.
    pub fn usage_sink(&self) -> Option<&dyn UsageSink> {
        match (self.0.usage.sink.get(), &self.0.payments) {
            (Some(sink), _) => Some(&**sink),
            (None, Payments::Stripe(stripe)) => Some(&**stripe),
            (None, Payments::InvoiceOnly) => None,
        }
    }

    /// Sends usage to another place. Only the first such call counts.
    pub fn send_usage_to(&self, sink: Arc<dyn UsageSink>) {
        self.0.usage.sink.get_or_init(|| sink);
    }
}

/// Whether the provider's sums may lack a batch that it has, or may have: it was settled too lately.
pub(crate) fn may_be_missing_from_sums(batch: &UsageBatch, now: Timestamp) -> bool {
    batch.settled_at.is_none_or(|at| hours_after(at, SUMS_LAG_HOURS) > now)
}

/// When the hour of an instant begins.
pub(crate) fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(HOUR) * HOUR)
}

/// Moved by so many hours.
pub(crate) fn hours_after(at: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().saturating_add(hours.saturating_mul(HOUR)))
}

/// The instant for which the provider counts a batch: the last whole second of its window, so that it is within the period.
pub(crate) fn counted_at(batch: &UsageBatch) -> Timestamp {
    Timestamp::from_micros((batch.window_end.micros() - 1).div_euclid(1_000_000) * 1_000_000)
}
