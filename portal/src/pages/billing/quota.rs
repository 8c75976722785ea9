//! What may be used in a period, and how much of it is.

use turnpike_billing::Account;
use turnpike_config::Cap;
use turnpike_core::Timestamp;

/// A limit on the units of a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Quota {
    /// Units used.
    pub(crate) used: i64,
    /// Of so many.
    pub(crate) of: i64,
    /// It is the tenant's own cap.
    pub(crate) own: bool,
    /// Calls are refused beyond it.
    pub(crate) hard: bool,
    /// When the period ends.
    pub(crate) ends: Timestamp,
}

impl Quota {
    /// The limit that is met first; of a plan that goes on beyond them, the included units.
    pub(crate) fn of(account: &Account) -> Option<Self> {
        let (used, ends) = (account.used, account.subscription.period_end);
        let plan = account.plan.as_ref().filter(|plan| plan.included_units > 0 || plan.cap == Cap::Hard);
        let included = plan.map(|plan| {
            let hard = plan.cap == Cap::Hard;
            Self { used, of: plan.included_units, own: false, hard, ends }
        });
        let own = account.subscription.cap_units.map(|of| Self { used, of, own: true, hard: true, ends });
        // Of two limits the one that is not yet passed, or that refuses, says more.
        match (included, own) {
            (Some(included), Some(own)) if included.of < own.of && (included.hard || used < included.of) => {
                Some(included)
            }
            (_, Some(own)) => Some(own),
            (included, None) => included,
        }
    }

    /// How much of it is used, in percent.
    pub(crate) fn percent(self) -> i64 {
        if self.of <= 0 { 100 } else { self.used.saturating_mul(100) / self.of }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use turnpike_config::Layers;
    use turnpike_core::Micros;
    use turnpike_metering::PriceBook;
    use turnpike_store::SubscriptionState;

    use super::{super::standing::tests::subscription, *};

    fn quota(used: i64, cap: Cap, own: Option<i64>) -> Option<Quota> {
        let settings = Layers::default().load().unwrap();
        let mut plan = settings.plans["starter"].clone();
        (plan.cap, plan.included_units) = (cap, 100);
        let mut subscription = subscription(SubscriptionState::Active);
        subscription.cap_units = own;
        Quota::of(&Account {
            subscription,
            book: Arc::new(PriceBook::of_settings(settings.prices, settings.plans)),
            plan: Some(plan),
            used,
            credit: Micros(0),
        })
    }

    #[test]
    fn the_limit_that_is_met_first_is_shown() {
        let of = |used, cap, own| quota(used, cap, own).map(|quota| (quota.of, quota.hard, quota.percent()));
        assert_eq!(of(80, Cap::Soft, None), Some((100, false, 80)));
        assert_eq!(of(50, Cap::Soft, Some(50)), Some((50, true, 100)));
        assert_eq!(of(50, Cap::Soft, Some(200)), Some((100, false, 50)));
        assert_eq!(of(150, Cap::Soft, Some(200)), Some((200, true, 75)), "beyond what is included the cap counts");
        assert_eq!(of(100, Cap::Hard, Some(200)), Some((100, true, 100)));
        assert_eq!(of(0, Cap::Soft, Some(0)), Some((0, true, 100)), "a cap of nought is used up");
    }
}
