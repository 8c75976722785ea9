//! Units set aside for a call, until it is known how many it has used up.

use std::sync::Arc;

use turnpike_config::{Cap, PlanSettings};
use turnpike_core::{Micros, Timestamp};
use turnpike_store::Subscription;

use super::{Period, WhoseCap, memory::Remembered};
use crate::rating::price_of_more;

/// What a tenant has subscribed to.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) subscription: Subscription,
    pub(super) plan: Option<PlanSettings>,
    pub(super) period: Period,
}

/// How the units of a period stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Used so far.
    pub used: i64,
    /// Included in the plan.
    pub included: i64,
    /// No more than so many are served: by the plan, or by the tenant's own wish.
    pub cap: Option<i64>,
    /// When counting begins anew.
    pub period_ends: Timestamp,
}

impl Quota {
    /// Left until the cap, or where there is none until more has to be paid.
    pub fn left(&self) -> i64 {
        self.cap.unwrap_or(self.included).saturating_sub(self.used).max(0)
    }
}

/// What a call has done to its tenant's plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// What its units cost in the tier that they fell into. An invoice counts all units of the period together and rounds once,
    /// so this is an estimate.
    pub estimate: Micros,
    /// How the period's units stand after it.
    pub quota: Quota,
}

impl Terms {
    /// The lowest cap, and whose it is.
    pub(super) fn cap(&self) -> Option<(i64, WhoseCap)> {
        let plan = self.plan.as_ref().filter(|plan| plan.cap == Cap::Hard);
        let plan = plan.map(|plan| (plan.included_units, WhoseCap::Plan));
        let own = self.subscription.cap_units.map(|units| (units, WhoseCap::Tenant));
        plan.into_iter().chain(own).min_by_key(|(units, _)| *units)
    }

    pub(super) fn quota(&self, used: i64) -> Quota {
        Quota {
            used,
            included: self.plan.as_ref().map_or(0, |plan| plan.included_units),
            cap: self.cap().map(|(units, _)| units),
            period_ends: self.period.end,
        }
    }

    fn charge(&self, used: i64, units: i64) -> Charge {
        let estimate = self.plan.as_ref().map_or(Micros(0), |plan| price_of_more(plan, used, units));
        Charge { estimate, quota: self.quota(used.saturating_add(units)) }
    }
}

/// Units set aside. Dropped without being settled, it gives all of them back.
pub struct Reservation(Option<Held>);

struct Held {
    of: Arc<Remembered>,
    terms: Arc<Terms>,
    units: i64,
}

impl Reservation {
    pub(super) fn new(of: Arc<Remembered>, terms: Arc<Terms>, units: i64) -> Self {
        Self(Some(Held { of, terms, units }))
    }

    /// Of a tenant that pays by the list.
    pub(super) fn without_plan() -> Self {
        Self(None)
    }

    /// The call has used up so many, and that is in the ledger. None without a plan.
    pub fn settle(mut self, units: i64) -> Option<Charge> {
        self.end(units)
    }

    /// What so many units would cost now, which are not used up; none without a plan.
    pub fn estimate(&self, units: i64) -> Option<Charge> {
        let Held { of, terms, .. } = self.0.as_ref()?;
        Some(terms.charge(of.used(), units))
    }

    fn end(&mut self, units: i64) -> Option<Charge> {
        let Held { of, terms, units: reserved } = self.0.take()?;
        let used = of.settle(&terms, reserved, units);
        Some(terms.charge(used, units))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.end(0);
    }
}
