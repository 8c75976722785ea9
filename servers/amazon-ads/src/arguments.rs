//! The values that only these tools take, and the days of which Amazon makes reports.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Timestamp};
pub(crate) use turnpike_sdk::arguments::{Amount, Day, EntityId, MaxRows, days_in_order};
use turnpike_sdk::{Account, ArgumentError, Cx, NamesAccounts, ToolError, Touches};

/// Days that one report may cover.
const LONGEST: i64 = 31;
/// Days that Amazon looks back for a report.
const LOOK_BACK: i64 = 95;
/// Of all marketplaces the days of Los Angeles are the furthest behind UTC, and those of Sydney the furthest ahead.
const BEHIND: TimeDelta = TimeDelta::hours(8);
const AHEAD: TimeDelta = TimeDelta::hours(11);

/// Ids for one batch.
pub(crate) type Ids = turnpike_sdk::arguments::Ids<50>;

/// The profile's id: digits, as list_accounts shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{1,20}$"))]
pub(crate) struct ProfileId(AccountId);

impl ProfileId {
    /// The account of the connection.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for ProfileId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let EntityId(id) = EntityId::try_from(text)
            .map_err(|_| "a profile's id is a string of digits, such as \"1234567890\"; list_accounts shows yours")?;
        Ok(Self(AccountId::new(id.to_string())))
    }
}

impl From<ProfileId> for String {
    fn from(id: ProfileId) -> Self {
        id.0.to_string()
    }
}

impl NamesAccounts for ProfileId {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}

/// Refuses days of which Amazon makes no report. What is a day too old in the profile's zone only, Amazon refuses itself.
pub(crate) fn check_days((start, end): (Day, Day), now: Timestamp) -> Result<(), ArgumentError> {
    days_in_order(start, end)?;
    let days = (end.0 - start.0).num_days() + 1;
    if days > LONGEST {
        let problem = format!("the range has {days} days, and a report of Amazon's covers at most {LONGEST}");
        return Err(ArgumentError::new("end_date", problem, "Ask for at most 31 days, and once more for the others."));
    }
    let (behind, ahead) = ((now.to_utc() - BEHIND).date_naive(), (now.to_utc() + AHEAD).date_naive());
    let earliest = behind - TimeDelta::days(LOOK_BACK);
    if start.0 < earliest {
        let problem = format!("Amazon looks back {LOOK_BACK} days, and this is before {earliest}");
        return Err(ArgumentError::new("start_date", problem, "Send a later day; what is older cannot be had."));
    }
    if end.0 > ahead {
        let fix = "Send today at the latest; the present day still grows.";
        return Err(ArgumentError::new("end_date", "the day is still to come", fix));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    /// Noon of 2026-11-21, UTC.
    const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

    #[test]
    fn a_profiles_id_may_be_of_64_bits_and_is_nothing_but_digits() {
        for good in ["1", "9007199254740993", "18446744073709551615"] {
            assert_eq!(String::from(from_value::<ProfileId>(json!(good)).unwrap()), good);
        }
        for bad in [json!(""), json!("18446744073709551616"), json!("1e3"), json!("-1"), json!("ENTITY1"), json!(1)] {
            assert!(from_value::<ProfileId>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_refused_of_which_amazon_makes_no_report() {
        let field = |start: &str, end: &str| {
            let day = |text: &str| from_value::<Day>(json!(text)).unwrap();
            check_days((day(start), day(end)), NOW).err().map(|error| error.field)
        };
        assert_eq!(field("2026-10-22", "2026-11-21"), None);
        assert_eq!(field("2026-10-21", "2026-11-21").as_deref(), Some("end_date"));
        assert_eq!(field("2026-08-18", "2026-08-18"), None);
        assert_eq!(field("2026-08-17", "2026-08-18"), Some("start_date".into()));
        assert_eq!(field("2026-11-21", "2026-11-21"), None);
        assert_eq!(field("2026-11-21", "2026-11-22").as_deref(), Some("end_date"));
        assert_eq!(field("2026-11-21", "2026-11-20").as_deref(), Some("end_date"));
    }
}
