//! What a subscription's state means for those who call: what the gate makes of it, in words.

use turnpike_core::Timestamp;
use turnpike_metering::{Standing as Served, standing};
use turnpike_store::{Subscription, SubscriptionState};

use crate::pages::{calendar::DAY, shown};

/// How long before its end a trial is spoken of on every page.
const SOON: u32 = 3;

/// How a tenant is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// All is well.
    Well,
    /// Free until then.
    Trial(Timestamp),
    /// A payment is missing; until then everything goes on.
    Grace(Timestamp),
    /// A payment is missing; until then tools only read.
    ReadOnly(Timestamp),
    /// Nothing is served.
    Stopped(SubscriptionState),
}

impl Standing {
    /// How the tenant of a subscription stands.
    pub(crate) fn of(own: &Subscription, grace_days: u32, now: Timestamp) -> Self {
        match standing(own, grace_days, now) {
            Served::Served if own.state == SubscriptionState::Trialing => {
                Self::Trial(own.trial_ends_at.unwrap_or(own.period_end))
            }
            Served::Served => Self::Well,
            Served::Grace { until } => Self::Grace(until),
            Served::ReadOnly { until } => Self::ReadOnly(until),
            Served::Blocked => Self::Stopped(own.state),
        }
    }

    /// The colour that says it.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Well => "good",
            Self::Trial(_) => "",
            Self::Grace(_) => "warn",
            Self::ReadOnly(_) | Self::Stopped(_) => "bad",
        }
    }

    /// What it means.
    pub(crate) fn meaning(self) -> String {
        match self {
            Self::Well => "Everything is served.".into(),
            Self::Trial(end) => format!("The trial is free until {}. The fee begins then.", shown(end)),
            Self::Grace(until) => {
                format!("A payment is missing. Everything goes on until {}; then tools only read.", shown(until))
            }
            Self::ReadOnly(until) => {
                format!("A payment is missing, so tools only read. On {} they stop.", shown(until))
            }
            Self::Stopped(state) => match state {
                SubscriptionState::PastDue | SubscriptionState::Unpaid => {
                    "A payment is missing, so agents get no answers."
                }
                SubscriptionState::Incomplete => "The first payment has not come yet, so agents get no answers.",
                SubscriptionState::IncompleteExpired => "The first payment never came, so agents get no answers.",
                SubscriptionState::Paused => "The subscription is paused, so agents get no answers.",
                _ => "The subscription is over, so agents get no answers.",
            }
            .into(),
        }
    }

    /// What to do about it, if anything.
    pub(crate) const fn to_do(self) -> &'static str {
        match self {
            Self::Well | Self::Trial(_) => "",
            Self::Grace(_) | Self::ReadOnly(_) => "Pay the open invoice; everything is as before at once.",
            Self::Stopped(SubscriptionState::PastDue | SubscriptionState::Unpaid | SubscriptionState::Incomplete) => {
                "Pay the open invoice; agents are answered again at once. Sandboxes go on meanwhile."
            }
            Self::Stopped(_) => "Choose a plan; agents are answered again at once. Sandboxes go on meanwhile.",
        }
    }

    /// Whether every page should say it.
    pub(crate) fn is_urgent(self, now: Timestamp) -> bool {
        match self {
            Self::Well => false,
            Self::Trial(end) => end <= now.plus(DAY * SOON),
            Self::Grace(_) | Self::ReadOnly(_) | Self::Stopped(_) => true,
        }
    }
}

/// Whether it was paid for, or may be tried, at least once.
pub(crate) const fn has_begun(state: SubscriptionState) -> bool {
    !matches!(state, SubscriptionState::Incomplete | SubscriptionState::IncompleteExpired)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    pub(crate) fn subscription(state: SubscriptionState) -> Subscription {
        Subscription {
            plan: "starter".into(),
            price_version: 0,
            yearly: false,
            integrations: 1,
            state,
            period_start: NOW.minus(DAY * 10),
            period_end: NOW.plus(DAY * 20),
            trial_ends_at: None,
            cancel_at: None,
            past_due_since: None,
            cap_units: None,
            customer_id: None,
            external_id: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    #[test]
    fn every_state_says_what_it_means_and_what_to_do_where_something_is_to_be_done() {
        for state in SubscriptionState::ALL {
            let standing = Standing::of(&subscription(*state), 7, NOW);
            assert!(!standing.meaning().is_empty(), "{state}");
            assert_eq!(standing.to_do().is_empty(), !standing.is_urgent(NOW), "{state}");
        }
    }

    #[test]
    fn a_trial_is_spoken_of_shortly_before_its_end() {
        let ends = |days| {
            let own =
                Subscription { trial_ends_at: Some(NOW.plus(DAY * days)), ..subscription(SubscriptionState::Trialing) };
            Standing::of(&own, 7, NOW).is_urgent(NOW)
        };
        assert_eq!((ends(4), ends(3), ends(0)), (false, true, true));
    }
}
