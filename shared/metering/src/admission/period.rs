//! The period whose units are counted.

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_store::Subscription;

/// The shortest that a period is taken for: a row that says less is not true.
const SHORTEST: Duration = Duration::from_secs(86_400);

/// From when to when units are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// It begins.
    pub start: Timestamp,
    /// The next one begins.
    pub end: Timestamp,
}

impl Period {
    /// The present one. When the subscription's own is over and nobody has written down the next one yet, that has begun all
    /// the same: its units count from the end of the one before, and it is taken to be as long.
    pub fn of(subscription: &Subscription, now: Timestamp) -> Self {
        let mut period = Self { start: subscription.period_start, end: subscription.period_end };
        let length = period.end.since(period.start).max(SHORTEST);
        while period.end <= now {
            period = Self { start: period.end, end: period.end.plus(length) };
        }
        period
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sample::subscription, *};

    #[test]
    fn a_period_that_is_over_is_followed_by_the_next_without_anybody_writing_it_down() {
        let day = |n: u32| Timestamp::from_micros(0).plus(SHORTEST * n);
        let row = subscription(day(10), day(40));
        let at = |now| {
            let period = Period::of(&row, now);
            (period.start, period.end)
        };
        assert_eq!(at(day(39)), (day(10), day(40)));
        assert_eq!(at(day(40)), (day(40), day(70)));
        assert_eq!(at(day(101)), (day(100), day(130)));
        let untrue = Period::of(&subscription(day(10), day(10)), day(12));
        assert_eq!((untrue.start, untrue.end), (day(12), day(13)));
    }
}
