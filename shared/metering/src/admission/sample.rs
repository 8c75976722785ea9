//! A subscription to try things with.

use turnpike_core::Timestamp;
use turnpike_store::{Subscription, SubscriptionState};

pub(super) fn subscription(period_start: Timestamp, period_end: Timestamp) -> Subscription {
    Subscription {
        plan: "starter".into(),
        price_version: 0,
        yearly: false,
        integrations: 1,
        state: SubscriptionState::Active,
        period_start,
        period_end,
        trial_ends_at: None,
        cancel_at: None,
        past_due_since: None,
        cap_units: None,
        customer_id: None,
        external_id: None,
        created_at: period_start,
        updated_at: period_start,
    }
}
