//! Ranges of days.

use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate};

use crate::gaql::NamedRange;

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
}

impl Range {
    /// Whole years. Ends that no calendar holds stay open.
    pub(super) fn of(years: RangeInclusive<i32>) -> Self {
        Self {
            first: NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or(NaiveDate::MIN),
            last: NaiveDate::from_ymd_opt(*years.end(), 12, 31).unwrap_or(NaiveDate::MAX),
        }
    }

    /// The days within both.
    pub(super) fn within(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    /// Whether both ends were given.
    pub(super) fn is_finite(self) -> bool {
        self.first > NaiveDate::MIN && self.last < NaiveDate::MAX
    }

    pub(super) fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(move |day| *day <= self.last)
    }

    /// What `DURING` means today.
    pub(super) fn named(name: NamedRange, today: NaiveDate) -> Self {
        let ago = |days: u64| today - Days::new(days);
        let since_monday = u64::from(today.weekday().num_days_from_monday());
        let since_sunday = u64::from(today.weekday().num_days_from_sunday());
        let month = today - Days::new(u64::from(today.day0()));
        let (first, last) = match name {
            NamedRange::Today => (today, today),
            NamedRange::Yesterday => (ago(1), ago(1)),
            NamedRange::Last7Days => (ago(7), ago(1)),
            NamedRange::Last14Days => (ago(14), ago(1)),
            NamedRange::Last30Days => (ago(30), ago(1)),
            NamedRange::LastBusinessWeek => (ago(since_monday + 7), ago(since_monday + 3)),
            NamedRange::LastWeekMonSun => (ago(since_monday + 7), ago(since_monday + 1)),
            NamedRange::LastWeekSunSat => (ago(since_sunday + 7), ago(since_sunday + 1)),
            NamedRange::ThisWeekMonToday => (ago(since_monday), today),
            NamedRange::ThisWeekSunToday => (ago(since_sunday), today),
            NamedRange::ThisMonth => (month, today),
            NamedRange::LastMonth => {
                let last = month - Days::new(1);
                (last - Days::new(u64::from(last.day0())), last)
            }
        };
        Self { first, last }
    }
}
