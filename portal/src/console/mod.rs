//! The operator console: how the agency runs its business.

pub(crate) mod announcements;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod brands;
pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod integrations;
pub(crate) mod jobs;
pub(crate) mod margin;
mod names;
pub(crate) mod prices;
pub(crate) mod switches;
pub(crate) mod versions;
pub(crate) mod work;

pub(crate) use versions::ApiVersion;

use std::time::Duration;

use turnpike_core::{Outcome, hides};

use crate::{http::FieldErrors, pages::Tag};

/// How far back figures go that show how a client is served.
const LATELY: Duration = Duration::from_secs(30 * DAY);
/// How far back those go that show how things stand today.
const TODAY: Duration = Duration::from_secs(DAY);

const DAY: u64 = 24 * 3600;

/// Whether a call came to nothing by no fault of its caller.
fn failed(outcome: Outcome) -> bool {
    Tag::of_outcome(outcome).class == "bad"
}

/// The longest reason: one of a switch stands in every refusal.
const LONGEST_REASON: usize = 300;

/// Notes what is wrong with a reason, which clients or their agents read.
fn check_reason(errors: &mut FieldErrors, reason: &str) {
    errors.check(reason.is_empty(), "reason", "Say why.");
    errors.check(reason.chars().count() > LONGEST_REASON, "reason", "Use at most 300 characters.");
    let odd = |letter: char| letter.is_control() || hides(letter);
    errors.check(reason.chars().any(odd), "reason", "Write one line, without characters that cannot be seen.");
}

/// How long something takes or lies back, in its largest unit.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds if seconds < 2 * 3600 => format!("{} min", seconds / 60),
        seconds if seconds < 2 * DAY => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_a_unit_that_says_something() {
        let told = |seconds| in_words(Duration::from_secs(seconds));
        assert_eq!([told(1), told(119), told(120), told(7199)], ["1 s", "119 s", "2 min", "119 min"]);
        assert_eq!([told(7200), told(2 * DAY - 1), told(2 * DAY)], ["2 h", "47 h", "2 days"]);
        assert_eq!(in_words(Duration::from_millis(20)), "20 ms");
    }
}
