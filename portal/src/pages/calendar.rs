//! Days and months, in UTC.

use std::time::Duration;

use chrono::{Datelike as _, Months, NaiveDate, NaiveTime};
use turnpike_core::Timestamp;

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// When the day begins that is written `2026-11-21`.
pub(crate) fn read_day(text: &str) -> Option<Timestamp> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(midnight)
}

/// When the day of an instant began.
pub(crate) fn day_of(at: Timestamp) -> Timestamp {
    midnight(at.to_utc().date_naive())
}

/// The days from one midnight until before another.
pub(crate) fn days(since: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(Some(since), |day| Some(day.plus(DAY))).take_while(move |day| *day < until)
}

fn midnight(day: NaiveDate) -> Timestamp {
    Timestamp::from_micros(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

/// A month, by its first day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Month(NaiveDate);

impl Month {
    /// The month of an instant.
    pub(crate) fn of(at: Timestamp) -> Self {
        let day = at.to_utc().date_naive();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// The month that is written `2026-11`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().map(Self)
    }

    /// The one before.
    pub(crate) fn before(self) -> Option<Self> {
        self.0.checked_sub_months(Months::new(1)).map(Self)
    }

    /// When it begins.
    pub(crate) fn begins(self) -> Timestamp {
        midnight(self.0)
    }

    /// When the next one begins.
    pub(crate) fn ends(self) -> Timestamp {
        midnight(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// As it is written.
    pub(crate) fn word(self) -> String {
        self.0.format("%Y-%m").to_string()
    }

    /// As people say it.
    pub(crate) fn name(self) -> String {
        self.0.format("%B %Y").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_lasts_from_its_first_day_to_the_next_ones() {
        let month = Month::read("2028-02").unwrap();
        assert_eq!((month.begins(), month.ends()), (read_day("2028-02-01").unwrap(), read_day("2028-03-01").unwrap()));
        assert_eq!(days(month.begins(), month.ends()).count(), 29);
        let before = Month::read("2028-01").unwrap().before().unwrap();
        assert_eq!((before.word(), before.name()), ("2027-12".to_owned(), "December 2027".to_owned()));
        assert_eq!(Month::of(month.ends().minus(Duration::from_micros(1))), month);
    }

    #[test]
    fn what_is_no_day_or_month_is_none() {
        for text in ["", "2026-13-01", "2026-02-30", "yesterday", "2026-11-21 "] {
            assert_eq!(read_day(text), None, "{text}");
        }
        for text in ["", "2026-13", "2026", "2026-11-01"] {
            assert_eq!(Month::read(text), None, "{text}");
        }
    }
}
