//! The values that tools take. Each is checked as it is read, and its error says what to send instead.

use std::{collections::BTreeSet, fmt, ops::Deref};

use chrono::{Datelike as _, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Micros};
use turnpike_sdk::{Account, ArgumentError, Cx, NamesAccounts, ToolError, Touches};

use crate::restli::{Value, record};

/// The account: digits, as list_accounts shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^(urn:li:sponsoredAccount:)?[0-9]{1,18}$"))]
pub(crate) struct AdAccountId(AccountId);

impl AdAccountId {
    /// The account of the connection.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for AdAccountId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix("urn:li:sponsoredAccount:").unwrap_or(&text).to_owned();
        let EntityId(id) = EntityId::try_from(digits)
            .map_err(|_| "an account id is a string of digits, such as \"511000001\"; list_accounts shows yours")?;
        Ok(Self(AccountId::new(id.to_string())))
    }
}

impl From<AdAccountId> for String {
    fn from(id: AdAccountId) -> Self {
        id.0.to_string()
    }
}

impl NamesAccounts for AdAccountId {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}

/// The id of a campaign or a campaign group: digits in a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{1,18}$"))]
pub(crate) struct EntityId(pub(crate) u64);

impl TryFrom<String> for EntityId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = (1..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let id = text.parse().ok().filter(|_| digits).ok_or("an id is a string of digits, such as \"111\"")?;
        Ok(Self(id))
    }
}

impl From<EntityId> for String {
    fn from(id: EntityId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One to fifty ids.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<EntityId>")]
#[schemars(inline, extend("minItems" = 1, "maxItems" = 50))]
pub(crate) struct Ids(BTreeSet<EntityId>);

impl Deref for Ids {
    type Target = BTreeSet<EntityId>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TryFrom<Vec<EntityId>> for Ids {
    type Error = &'static str;

    fn try_from(ids: Vec<EntityId>) -> Result<Self, Self::Error> {
        match ids.len() {
            1..=50 => Ok(Self(ids.into_iter().collect())),
            _ => Err("give one to fifty ids; split a longer list over several calls"),
        }
    }
}

/// A day, `YYYY-MM-DD`, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "date"))]
pub(crate) struct Day(NaiveDate);

impl TryFrom<String> for Day {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The comparison refuses what chrono lets pass: `2026-1-5`, or a year of five digits.
        let day = text.parse::<NaiveDate>().ok().filter(|day| text.len() == 10 && day.to_string() == text);
        day.map(Self).ok_or("a day is written YYYY-MM-DD, such as 2026-11-01")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0.to_string()
    }
}

impl From<Day> for Value {
    fn from(Day(day): Day) -> Self {
        let year = day.year().unsigned_abs();
        record([("year", year.into()), ("month", day.month().into()), ("day", day.day().into())])
    }
}

/// Refuses a range that ends before it starts.
pub(crate) fn in_order(start: Day, end: Day) -> Result<(), ArgumentError> {
    if start > end {
        let fix = "Send the earlier day as start_date; both days are included.";
        return Err(ArgumentError::new("end_date", "it is before start_date", fix));
    }
    Ok(())
}

/// Rows in one answer, 1 to 1000.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 1000))]
pub(crate) struct MaxRows(u16);

impl MaxRows {
    pub(crate) fn get(self) -> usize {
        self.0.into()
    }
}

impl Default for MaxRows {
    /// Few enough that a full answer stays below 4,000 tokens.
    fn default() -> Self {
        Self(40)
    }
}

impl TryFrom<u64> for MaxRows {
    type Error = &'static str;

    fn try_from(rows: u64) -> Result<Self, Self::Error> {
        match u16::try_from(rows) {
            Ok(rows @ 1..=1000) => Ok(Self(rows)),
            _ => Err("max_rows is 1 to 1000; rows beyond it follow with `cursor`"),
        }
    }
}

/// A positive amount of money in units of a currency: a whole number of hundredths, because LinkedIn checks it only when
/// the change is made.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "f64")]
#[schemars(inline, extend("exclusiveMinimum" = 0, "maximum" = 1e9))]
pub(crate) struct DailyAmount(#[schemars(with = "f64")] Micros);

impl DailyAmount {
    pub(crate) fn micros(self) -> Micros {
        self.0
    }
}

impl TryFrom<f64> for DailyAmount {
    type Error = &'static str;

    fn try_from(units: f64) -> Result<Self, Self::Error> {
        // The bounds make the cast exact: at most 1e11 hundredths.
        let hundredths = (units * 100.0).round();
        if !(1.0..=1e11).contains(&hundredths) {
            return Err("the amount must be above nought and at most 1000000000, in units of the account's currency");
        }
        if (units * 100.0 - hundredths).abs() > 1e-4 {
            return Err("the amount must have at most two decimals");
        }
        Ok(Self(Micros(hundredths as i64 * 10_000)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn an_account_id_is_digits_with_the_urns_beginning_or_without() {
        for good in ["511000001", "urn:li:sponsoredAccount:511000001"] {
            assert_eq!(String::from(from_value::<AdAccountId>(json!(good)).expect(good)), "511000001");
        }
        for bad in
            ["", "5110x", "../1", "urn:li:sponsoredCampaign:1", " 1", "+1", "1/adCampaigns", "9999999999999999999"]
        {
            assert!(from_value::<AdAccountId>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_is_written_in_full_and_sent_as_a_record() {
        let day: Day = from_value(json!("2026-11-01")).expect("a day");
        assert_eq!(Value::from(day).to_string(), "(year:2026,month:11,day:1)");
        for bad in ["2026-11-1", "2026-02-30", "01/11/2026", "today", "+12026-11-01", "2026-11-01)"] {
            assert!(from_value::<Day>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_amount_is_positive_and_has_two_decimals_at_most() {
        for (units, micros) in [(25.5, 25_500_000), (19.99, 19_990_000), (0.01, 10_000), (1e9, 1_000_000_000_000_000)] {
            assert_eq!(from_value::<DailyAmount>(json!(units)).map(|amount| amount.micros().0).ok(), Some(micros));
        }
        for bad in [json!(0), json!(-5), json!(0.001), json!(10.005), json!(1e10), json!("25"), json!(null)] {
            assert!(from_value::<DailyAmount>(bad.clone()).is_err(), "{bad}");
        }
    }
}
