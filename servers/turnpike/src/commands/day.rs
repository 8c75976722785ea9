//! Days, as they are typed.

use chrono::{NaiveDate, NaiveTime};
use turnpike_core::Timestamp;

/// Reads an option's day. chrono's own words name neither form nor example.
pub(super) fn parse(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse().map_err(|_| "write a day as YYYY-MM-DD, such as 2026-11-30")
}

/// When a day begins, UTC.
pub(super) fn midnight(day: NaiveDate) -> Timestamp {
    Timestamp::from_micros(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
}
