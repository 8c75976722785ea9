//! Whether a tenant's live calls are served: by the state of its subscription, and by what is left of its period's units.
//!
//! Both are read from the store every few seconds and remembered in between. Nobody is refused by memory: before a call is
//! refused the store is asked once more, so that who has just paid is served at once.
//!
//! Units are counted from the ledger. What this process has used since it looked is added, and what its running calls may yet
//! use up is set aside before the upstream is asked: however many run at once, one process does not pass a cap. Several
//! processes learn of each other's calls from the store, so together they may pass it by what the others use up in
//! [`FRESH`].

mod memory;
mod period;
mod reservation;
#[cfg(test)]
mod sample;
mod standing;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use memory::{Memory, Remembered};
pub use period::Period;
pub use reservation::{Charge, Quota, Reservation};
pub use standing::{Standing, standing};
use turnpike_config::PaymentSettings;
use turnpike_core::{Ambient, TenantId, Timestamp};
use turnpike_store::{Store, SubscriptionState};

use crate::Books;

/// For how long what was read is not read again.
const FRESH: Duration = Duration::from_secs(5);
/// How long reading may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long what was read is believed when it cannot be read again, as with the kill switches.
const BELIEVED: Duration = Duration::from_secs(8);

/// Admits live calls. Cheap to clone.
#[derive(Clone)]
pub struct Admission(Arc<Inner>);

struct Inner {
    store: Store,
    ambient: Ambient,
    books: Books,
    required: bool,
    grace_days: u32,
    memory: Memory,
}

/// Why a call is not admitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Denied {
    /// The tenant has never subscribed, and must.
    NoSubscription,
    /// A payment is missing: nothing may be changed, reading goes on for a while.
    ReadOnly {
        /// Until then.
        until: Timestamp,
    },
    /// The subscription is in a state in which nothing is served.
    Blocked(SubscriptionState),
    /// The call could use up more than is left.
    Exhausted {
        /// Whose cap it is.
        whose: WhoseCap,
        /// Enough would be left, were it not for calls that are running.
        running: bool,
        /// How it stands.
        quota: Quota,
    },
    /// The store cannot be read.
    Unreadable,
}

/// Who has set a cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhoseCap {
    /// The plan has no more units than it includes.
    Plan,
    /// The tenant itself.
    Tenant,
}

impl Admission {
    /// Knows nobody yet.
    pub fn new(store: Store, ambient: Ambient, books: Books, payments: &PaymentSettings) -> Self {
        let (required, grace_days) = (payments.needs_subscription(), payments.grace_days);
        Self(Arc::new(Inner { store, ambient, books, required, grace_days, memory: Memory::default() }))
    }

    /// Admits a live call that may use up so many units, and sets them aside until it is known how many it was.
    ///
    /// # Errors
    /// Why it must not be made, as the store says at this moment.
    pub async fn admit(&self, tenant: TenantId, writes: bool, units: i64) -> Result<Reservation, Denied> {
        let asked_at = Instant::now();
        let known = self.0.memory.of(tenant);
        if !known.is_fresh(FRESH, self.now()) && !self.read(tenant, &known, asked_at).await {
            if !known.is_fresh(BELIEVED, self.now()) {
                return Err(Denied::Unreadable);
            }
            return self.judge(&known, writes, units);
        }
        match self.judge(&known, writes, units) {
            Err(_) if self.read(tenant, &known, asked_at).await => self.judge(&known, writes, units),
            Err(_) => Err(Denied::Unreadable),
            admitted => admitted,
        }
    }

    /// By what is remembered now.
    fn judge(&self, known: &Arc<Remembered>, writes: bool, units: i64) -> Result<Reservation, Denied> {
        let Some(terms) = known.terms()? else {
            return if self.0.required { Err(Denied::NoSubscription) } else { Ok(Reservation::without_plan()) };
        };
        match standing(&terms.subscription, self.0.grace_days, self.now()) {
            Standing::Served | Standing::Grace { .. } => {}
            Standing::ReadOnly { until } if writes => return Err(Denied::ReadOnly { until }),
            Standing::ReadOnly { .. } => {}
            Standing::Blocked => return Err(Denied::Blocked(terms.subscription.state)),
        }
        known.reserve(units)
    }

    /// Reads again, unless somebody has done so since this was asked for; whether that worked.
    async fn read(&self, tenant: TenantId, known: &Remembered, asked_at: Instant) -> bool {
        known.read_since(asked_at, (PATIENCE, self.now()), || self.look_up(tenant)).await
    }

    async fn look_up(&self, tenant: TenantId) -> Result<memory::Found, turnpike_store::StoreError> {
        let rows = self.0.store.tenant(tenant);
        let Some(subscription) = rows.find_subscription().await? else { return Ok(None) };
        let period = Period::of(&subscription, self.now());
        let used = rows.units_used(period.start).await?;
        let plan = self.0.books.version(subscription.price_version).plan(&subscription.plan).cloned();
        if plan.is_none() {
            let (plan, version) = (&subscription.plan, subscription.price_version);
            tracing::error!(tenant_id = %tenant, plan, version, "the price book does not have this plan: it is served without caps");
        }
        Ok(Some((reservation::Terms { subscription, plan, period }, used)))
    }

    fn now(&self) -> Timestamp {
        self.0.ambient.now()
    }
}
