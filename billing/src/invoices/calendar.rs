//! Calendar months and years in UTC, and the part of a fee that a part of them costs.

use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use turnpike_core::{Micros, Timestamp};

/// When the month of an instant begins.
pub(crate) fn month_of(at: Timestamp) -> Timestamp {
    let date = at.to_utc().date_naive();
    midnight(date.with_day(1).unwrap_or(date))
}

/// When the month after that of an instant begins.
pub(crate) fn next_month(at: Timestamp) -> Timestamp {
    let first = month_of(at).to_utc().date_naive();
    midnight(first.checked_add_months(Months::new(1)).unwrap_or(first))
}

/// When the month before that of an instant begins.
pub(crate) fn month_before(at: Timestamp) -> Timestamp {
    month_of(Timestamp::from_micros(month_of(at).micros() - 1))
}

/// The same instant of the next year; of a 29th of February, the 28th.
pub(crate) fn year_after(at: Timestamp) -> Timestamp {
    let later = at.to_utc().checked_add_months(Months::new(12));
    later.map_or(at, |later| Timestamp::from_micros(later.timestamp_micros()))
}

/// What the time from `since` to `until` costs of something with a price by the calendar month. Not rounded to coins.
pub(crate) fn prorated(monthly: i64, since: Timestamp, until: Timestamp) -> Micros {
    let (mut from, mut sum) = (since, 0);
    while from < until {
        let (begin, end) = (month_of(from), next_month(from));
        if end <= from {
            break;
        }
        let to = end.min(until);
        sum += share(monthly, to.micros() - from.micros(), end.micros() - begin.micros());
        from = to;
    }
    Micros(sum)
}

/// `part` of `whole` parts of an amount, rounded half away from nought.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let (product, whole) = (i128::from(amount) * i128::from(part), i128::from(whole));
    let half = whole.abs() / 2 * product.signum() * whole.signum();
    i64::try_from((product + half) / whole).unwrap_or(i64::MAX)
}

/// How much of the time from `since` to `until` falls between the two others, in microseconds.
pub(crate) fn overlap(since: Timestamp, until: Timestamp, other: (Timestamp, Timestamp)) -> i64 {
    (until.min(other.1).micros() - since.max(other.0).micros()).max(0)
}

/// The days of a time, the last one included, as people read them.
pub(crate) fn days(since: Timestamp, until: Timestamp) -> String {
    let last = Timestamp::from_micros(until.micros().max(since.micros() + 1) - 1);
    let (first, last) = (since.to_utc().date_naive(), last.to_utc().date_naive());
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

fn midnight(date: NaiveDate) -> Timestamp {
    Timestamp::from_micros(date.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn months_and_years_are_those_of_the_calendar() {
        assert_eq!(month_of(at("2028-02-29T13:00:00Z")), at("2028-02-01T00:00:00Z"));
        assert_eq!(next_month(at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
        assert_eq!(month_before(at("2026-01-01T00:00:00Z")), at("2025-12-01T00:00:00Z"));
        assert_eq!(year_after(at("2028-02-29T13:00:00Z")), at("2029-02-28T13:00:00Z"));
        assert_eq!(days(at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")), "2026-10-01 to 2026-10-31");
    }

    #[test]
    fn each_month_costs_its_price_whatever_its_length() {
        let (begin, end) = (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
        assert_eq!(prorated(29_000_000, begin, end), Micros(87_000_000));
        assert_eq!(prorated(30_000_000, at("2026-06-11T00:00:00Z"), at("2026-07-01T00:00:00Z")), Micros(20_000_000));
        assert_eq!(prorated(30_000_000, end, end), Micros(0));
        assert_eq!((share(10, 1, 4), share(-10, 1, 4), share(10, 1, 3), share(1, 1, 0)), (3, -3, 3, 0));
    }
}
