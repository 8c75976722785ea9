//! Where periods end: whole months and years after their anchor, at the last day of a month that is too short.

use chrono::{DateTime, Days, Months};
use serde_json::Value;

use crate::json::{int, text};

/// The first end after a moment of a price's periods.
pub(crate) fn end(price: &Value, anchor: i64, after: i64) -> i64 {
    let recurring = &price["recurring"];
    let each = u32::try_from(int(recurring, "interval_count").max(1)).unwrap_or(1);
    let end = (1..).map(|times| step(anchor, text(recurring, "interval"), each.saturating_mul(times)));
    end.into_iter().find(|end| *end > after).unwrap_or(i64::MAX)
}

fn step(anchor: i64, interval: &str, count: u32) -> i64 {
    let from = DateTime::from_timestamp(anchor, 0).unwrap_or_default();
    let to = match interval {
        "day" => from.checked_add_days(Days::new(u64::from(count))),
        "week" => from.checked_add_days(Days::new(7 * u64::from(count))),
        "year" => from.checked_add_months(Months::new(count.saturating_mul(12))),
        _ => from.checked_add_months(Months::new(count)),
    };
    to.map_or(i64::MAX, |to| to.timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_period_ends_at_the_last_day_of_a_short_month() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a moment").timestamp();
        let price = json!({ "recurring": { "interval": "month", "interval_count": 1 } });
        let anchor = at("2026-01-31T10:00:00Z");
        assert_eq!(end(&price, anchor, anchor), at("2026-02-28T10:00:00Z"));
        assert_eq!(end(&price, anchor, at("2026-02-28T10:00:00Z")), at("2026-03-31T10:00:00Z"));
        let price = json!({ "recurring": { "interval": "year", "interval_count": 1 } });
        assert_eq!(end(&price, anchor, anchor), at("2027-01-31T10:00:00Z"));
    }
}
