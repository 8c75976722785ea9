//! Of which days the usage is shown.

use serde::Deserialize;
use turnpike_core::Timestamp;

use super::super::calendar::{DAY, Month, day_of};
use crate::http::FieldErrors;

/// How many days are shown where no month is chosen, today among them.
pub(super) const LATELY: u32 = 30;

/// What was asked for, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub(super) month: String,
    /// Of a file: what its lines are, `day` or `tool`.
    pub(super) by: String,
}

/// Whole days, from one midnight in UTC until before another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Period {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    pub(super) name: String,
    /// In the names of files.
    pub(super) word: String,
}

impl Asked {
    /// The days that are asked for; the last ones where that cannot be read.
    pub(super) fn read(&self, now: Timestamp, errors: &mut FieldErrors) -> Period {
        let tomorrow = day_of(now).plus(DAY);
        let lately = || {
            let name = format!("the last {LATELY} days");
            Period { since: tomorrow.minus(DAY * LATELY), until: tomorrow, name, word: format!("last-{LATELY}-days") }
        };
        let text = self.month.trim();
        match Month::read(text) {
            _ if text.is_empty() => lately(),
            Some(month) if month.begins() <= now => Period {
                since: month.begins(),
                until: month.ends().min(tomorrow),
                name: month.name(),
                word: month.word(),
            },
            Some(_) => {
                errors.add("month", "This month has not begun.");
                lately()
            }
            None => {
                errors.add("month", "Write the month as 2026-11.");
                lately()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::calendar::read_day, *};

    fn read(month: &str) -> (Period, bool) {
        let (asked, mut errors) = (Asked { month: month.into(), ..Asked::default() }, FieldErrors::default());
        let noon = read_day("2026-11-21").unwrap().plus(DAY / 2);
        (asked.read(noon, &mut errors), errors.is_empty())
    }

    #[test]
    fn a_month_ends_with_its_last_day_or_with_today() {
        let day = |text| read_day(text).unwrap();
        let (october, _) = read("2026-10");
        assert_eq!((october.since, october.until), (day("2026-10-01"), day("2026-11-01")));
        let (november, fine) = read("2026-11");
        assert_eq!((november.since, november.until, fine), (day("2026-11-01"), day("2026-11-22"), true));
    }

    #[test]
    fn without_a_month_it_is_the_last_days_with_today() {
        let (lately, fine) = read("");
        let day = |text| read_day(text).unwrap();
        assert_eq!((lately.since, lately.until, fine), (day("2026-10-23"), day("2026-11-22"), true));
    }

    #[test]
    fn a_month_that_is_none_or_not_yet_is_told() {
        for month in ["2026-12", "2026-13", "now"] {
            let (period, fine) = read(month);
            assert!(!fine, "{month}");
            assert_eq!(period, read("").0);
        }
    }
}
