//! The seam to whoever counts usage for the payment provider.

use futures_util::future::BoxFuture;
use turnpike_core::{Currency, Micros, Timestamp};

use crate::BillingError;

/// Usage of one customer, to be counted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEvent {
    /// The customer at the payment provider.
    pub customer: String,
    /// By which the provider knows it again, whatever else is said of it.
    pub identifier: String,
    /// Of this one attempt: a provider that repeats its answers by such keys must be asked anew by a new attempt.
    pub attempt: i64,
    /// How much; below nought it takes something back.
    pub units: i64,
    /// The instant for which it is counted.
    pub at: Timestamp,
}

/// Usage that came too late to be counted, and is charged by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateCharge {
    /// The customer at the payment provider.
    pub customer: String,
    /// The subscription on whose next invoice it goes, if that is not over.
    pub subscription: Option<String>,
    /// By which it is charged once.
    pub identifier: String,
    /// What the invoice says.
    pub description: String,
    /// What it costs, a number of coins.
    pub amount: Micros,
    /// In this currency.
    pub currency: Currency,
    /// It was used from here on.
    pub since: Timestamp,
    /// Until here.
    pub until: Timestamp,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken.
    Accepted,
    /// It had been taken before.
    Duplicate,
    /// It is refused, and would be again.
    Refused(String),
    /// It was not taken, and may be later.
    Later {
        /// Not before; none: as the sender finds right.
        retry_at: Option<Timestamp>,
        /// Why not now.
        reason: String,
    },
    /// Nobody knows: it may have been taken.
    Unknown(String),
}

/// Counts usage for the payment provider.
pub trait UsageSink: Send + Sync {
    /// Has usage counted.
    fn send<'a>(&'a self, event: &'a UsageEvent) -> BoxFuture<'a, Delivery>;

    /// Charges usage that is not counted any more.
    fn charge<'a>(&'a self, late: &'a LateCharge) -> BoxFuture<'a, Delivery>;

    /// What is counted of a customer, by the hour; both ends are whole hours, and hours of nothing may be left out.
    fn sums<'a>(
        &'a self,
        customer: &'a str,
        since: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, i64)>, BillingError>>;
}
