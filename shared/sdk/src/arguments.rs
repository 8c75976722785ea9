//! The values that tools of all integrations take. Each is checked as it is read, and its error says what to send instead.

use std::{collections::BTreeSet, fmt, ops::Deref};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;

use crate::ArgumentError;

/// Digits in a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{1,20}$"))]
pub struct EntityId(pub u64);

impl TryFrom<String> for EntityId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
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

/// One to `MOST` ids, each once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<EntityId>")]
pub struct Ids<const MOST: usize>(BTreeSet<EntityId>);

impl<const MOST: usize> Deref for Ids<MOST> {
    type Target = BTreeSet<EntityId>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<const MOST: usize> TryFrom<Vec<EntityId>> for Ids<MOST> {
    type Error = String;

    fn try_from(ids: Vec<EntityId>) -> Result<Self, Self::Error> {
        if (1..=MOST).contains(&ids.len()) {
            return Ok(Self(ids.into_iter().collect()));
        }
        Err(format!("give 1 to {MOST} ids; split a longer list over several calls"))
    }
}

impl<const MOST: usize> JsonSchema for Ids<MOST> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ids".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": EntityId::json_schema(generator), "minItems": 1, "maxItems": MOST })
    }
}

/// A day, `YYYY-MM-DD`, in the account's time zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "date"))]
pub struct Day(pub NaiveDate);

impl TryFrom<String> for Day {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The comparison refuses what chrono lets pass: `2026-1-5`, or a year of five digits.
        let day = text.parse::<NaiveDate>().ok().filter(|day| text.len() == 10 && day.to_string() == text);
        day.map(Self).ok_or("a day is written YYYY-MM-DD, such as 2026-11-01; words such as yesterday are not taken")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Refuses a range that ends before it starts.
pub fn days_in_order(start: Day, end: Day) -> Result<(), ArgumentError> {
    if start > end {
        let fix = "Send the earlier day as start_date; both days are included.";
        return Err(ArgumentError::new("end_date", "it is before start_date", fix));
    }
    Ok(())
}

/// Rows in one answer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 1000, "default" = 30))]
pub struct MaxRows(u16);

impl MaxRows {
    /// How many.
    pub fn get(self) -> usize {
        self.0.into()
    }
}

impl Default for MaxRows {
    /// Few enough that a full answer stays below 4,000 tokens.
    fn default() -> Self {
        Self(30)
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

/// A positive amount of money in units of the account's currency: a whole number of hundredths.
///
/// Some upstreams check it only when the change is made, and some round in silence.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(inline, extend("exclusiveMinimum" = 0, "maximum" = 1e9))]
pub struct Amount(#[schemars(with = "f64")] Micros);

impl Amount {
    /// The amount, exact.
    pub fn micros(self) -> Micros {
        self.0
    }
}

impl TryFrom<f64> for Amount {
    type Error = &'static str;

    fn try_from(units: f64) -> Result<Self, Self::Error> {
        let hundredths = (units * 100.0).round();
        if !(1.0..=1e11).contains(&hundredths) {
            return Err("the amount must be above nought and at most 1000000000, in units of the account's currency");
        }
        if (units * 100.0 - hundredths).abs() > 1e-4 {
            return Err("the amount must have at most two decimals");
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole, and at most 1e11")]
        let hundredths = hundredths as i64;
        Ok(Self(Micros(hundredths * 10_000)))
    }
}

impl From<Amount> for f64 {
    fn from(amount: Amount) -> Self {
        amount.0.to_units()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_day_is_written_in_full() {
        assert!(from_value::<Day>(json!("2026-11-01")).is_ok());
        for bad in
            ["2026-11-1", "2026-02-30", "01/11/2026", "today", "+12026-11-01", "2026-11-01' OR '1", "2026-11-01)"]
        {
            assert!(from_value::<Day>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_may_be_the_same_and_not_the_other_way_round() {
        let day = |text: &str| from_value::<Day>(json!(text)).unwrap();
        assert!(days_in_order(day("2026-11-01"), day("2026-11-01")).is_ok());
        let error = days_in_order(day("2026-11-02"), day("2026-11-01")).unwrap_err();
        assert_eq!(error.field, "end_date");
    }

    #[test]
    fn an_amount_is_positive_and_has_two_decimals_at_most() {
        for (units, micros) in [
            (25.5, 25_500_000),
            (0.1 + 0.2, 300_000),
            (19.99, 19_990_000),
            (0.01, 10_000),
            (1e9, 1_000_000_000_000_000),
        ] {
            assert_eq!(from_value::<Amount>(json!(units)).map(|amount| amount.micros().0).ok(), Some(micros));
        }
        for bad in [json!(0), json!(-5), json!(0.001), json!(10.005), json!(1e10), json!("25"), json!(null)] {
            assert!(from_value::<Amount>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_is_digits_only_and_may_be_of_64_bits() {
        for good in ["111", "18446744073709551615"] {
            assert_eq!(from_value::<EntityId>(json!(good)).unwrap().to_string(), good);
        }
        for bad in [json!(""), json!("1 OR 1"), json!("-1"), json!("+1"), json!("18446744073709551616"), json!(1)] {
            assert!(from_value::<EntityId>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_of_ids_has_its_bounds_in_its_schema_too() {
        assert!(from_value::<Ids<2>>(json!(["1", "2"])).is_ok());
        assert!(from_value::<Ids<2>>(json!([])).is_err());
        let error = from_value::<Ids<2>>(json!(["1", "2", "3"])).unwrap_err();
        assert!(error.to_string().contains("1 to 2 ids"), "{error}");
        let schema = schemars::schema_for!(Ids<2>);
        assert_eq!(schema.get("maxItems"), Some(&json!(2)));
    }
}
