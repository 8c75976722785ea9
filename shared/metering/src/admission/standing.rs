//! What a subscription's state lets its tenant do.

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_store::{Subscription, SubscriptionState};

/// What is served to a tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Everything.
    Served,
    /// Everything, although a payment is missing.
    Grace {
        /// Until then.
        until: Timestamp,
    },
    /// What only reads, because a payment is missing.
    ReadOnly {
        /// Until then.
        until: Timestamp,
    },
    /// Nothing that is live.
    Blocked,
}

/// What is served by this subscription now. The clock alone takes a tenant whose payment is missing from one to the next: so
/// many days of grace, as many again in which tools only read, and then nothing.
pub fn standing(subscription: &Subscription, grace_days: u32, now: Timestamp) -> Standing {
    match subscription.state {
        // Its end has come, and nobody has written that down yet: what is used now belongs to no period that is paid for.
        _ if subscription.cancel_at.is_some_and(|end| end <= now) => Standing::Blocked,
        SubscriptionState::Trialing | SubscriptionState::Active => Standing::Served,
        SubscriptionState::PastDue => past_due(subscription, grace_days, now),
        // What was paid for is served to its end.
        SubscriptionState::Canceled if subscription.cancel_at.is_some() => Standing::Served,
        SubscriptionState::Canceled
        | SubscriptionState::Unpaid
        | SubscriptionState::Incomplete
        | SubscriptionState::IncompleteExpired
        | SubscriptionState::Paused => Standing::Blocked,
    }
}

fn past_due(subscription: &Subscription, grace_days: u32, now: Timestamp) -> Standing {
    let grace = Duration::from_secs(u64::from(grace_days) * 86_400);
    let grace_ends = subscription.past_due_since.unwrap_or(subscription.updated_at).plus(grace);
    let reading_ends = grace_ends.plus(grace);
    match now {
        _ if now < grace_ends => Standing::Grace { until: grace_ends },
        _ if now < reading_ends => Standing::ReadOnly { until: reading_ends },
        _ => Standing::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sample::subscription, *};

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_missing_payment_is_borne_then_makes_read_only_then_blocks() {
        let since = Timestamp::from_micros(1_000_000_000_000);
        let late = Subscription {
            state: SubscriptionState::PastDue,
            past_due_since: Some(since),
            ..subscription(Timestamp::from_micros(0), since)
        };
        let after = |time| standing(&late, 7, since.plus(time));
        let (grace, reading) = (since.plus(7 * DAY), since.plus(14 * DAY));
        assert_eq!(after(Duration::ZERO), Standing::Grace { until: grace });
        assert_eq!(after(7 * DAY - Duration::from_micros(1)), Standing::Grace { until: grace });
        assert_eq!(after(7 * DAY), Standing::ReadOnly { until: reading });
        assert_eq!(after(14 * DAY - Duration::from_micros(1)), Standing::ReadOnly { until: reading });
        assert_eq!(after(14 * DAY), Standing::Blocked);
        assert_eq!(standing(&late, 0, since), Standing::Blocked, "without grace there is none");
    }

    #[test]
    fn what_was_paid_for_is_served_until_the_day_of_the_end() {
        let end = Timestamp::from_micros(1_000_000_000_000);
        let over = Subscription {
            state: SubscriptionState::Canceled,
            cancel_at: Some(end),
            ..subscription(Timestamp::from_micros(0), end)
        };
        assert_eq!(standing(&over, 7, end.minus(DAY)), Standing::Served);
        assert_eq!(standing(&over, 7, end), Standing::Blocked);
        assert_eq!(standing(&Subscription { cancel_at: None, ..over.clone() }, 7, end.minus(DAY)), Standing::Blocked);
        for state in [SubscriptionState::Active, SubscriptionState::Trialing, SubscriptionState::PastDue] {
            let running = Subscription { state, past_due_since: Some(end), ..over.clone() };
            assert_ne!(standing(&running, 7, end.minus(DAY)), Standing::Blocked, "{state}");
            assert_eq!(standing(&running, 7, end), Standing::Blocked, "{state}, whose end is not written down yet");
        }
    }
}
