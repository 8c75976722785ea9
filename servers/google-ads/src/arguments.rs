//! The values that tools take. Each is checked as it is read, and its error says what to send instead.

use std::{collections::BTreeSet, fmt, ops::Deref};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Micros};
use turnpike_sdk::{Account, ArgumentError, Cx, NamesAccounts, ToolError, Touches};

use crate::gaql::Literal;

/// The account: ten digits, with or without dashes, as list_accounts shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{3}-?[0-9]{3}-?[0-9]{4}$"))]
pub(crate) struct CustomerId(AccountId);

impl CustomerId {
    /// The account, which must hold campaigns itself: a manager account has neither campaigns nor figures.
    pub(crate) fn client<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        match self.any(cx)? {
            manager if manager.manager => Err(ArgumentError::new(
                "customer_id",
                "this is a manager account: it holds other accounts, and has no campaigns or figures of its own",
                "Call list_accounts and choose an account whose `manager` is false.",
            )
            .into()),
            client => Ok(client),
        }
    }

    /// The account, manager or not.
    pub(crate) fn any<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for CustomerId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = match text.split('-').collect::<Vec<_>>()[..] {
            [whole] if whole.len() == 10 => whole.to_owned(),
            [a, b, c] if (a.len(), b.len(), c.len()) == (3, 3, 4) => [a, b, c].concat(),
            _ => String::new(),
        };
        if digits.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err("a customer id has ten digits, such as 123-456-7890 or 1234567890; list_accounts shows yours");
        }
        Ok(Self(AccountId::new(digits)))
    }
}

impl From<CustomerId> for String {
    fn from(id: CustomerId) -> Self {
        id.0.to_string()
    }
}

impl From<CustomerId> for AccountId {
    fn from(id: CustomerId) -> Self {
        id.0
    }
}

impl NamesAccounts for CustomerId {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}

/// The id of a campaign or an ad group: digits in a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{1,18}$"))]
pub(crate) struct EntityId(u64);

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

impl From<EntityId> for Literal {
    fn from(id: EntityId) -> Self {
        id.0.into()
    }
}

/// One to a hundred ids.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<EntityId>")]
#[schemars(inline, extend("minItems" = 1, "maxItems" = 100))]
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
            1..=100 => Ok(Self(ids.into_iter().collect())),
            _ => Err("give one to a hundred ids; split a longer list over several calls"),
        }
    }
}

/// A day, `YYYY-MM-DD`, in the account's time zone.
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

impl From<Day> for Literal {
    fn from(day: Day) -> Self {
        Self::Text(day.into())
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

/// A positive amount of money in units of a currency, kept in micros.
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
        // The bounds make the cast exact: at most 1e15, and at least one micro.
        match (units * 1e6).round() {
            micros if (1.0..=1e15).contains(&micros) => Ok(Self(Micros(micros as i64))),
            _ => Err("the amount must be above nought and at most 1000000000, in units of the account's currency"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_customer_id_is_ten_digits_with_the_dashes_of_the_vendors_screens_or_none() {
        for good in ["1234567890", "123-456-7890"] {
            let id: CustomerId = from_value(json!(good)).expect(good);
            assert_eq!(String::from(id), "1234567890");
        }
        for bad in
            ["", "123", "12345-67890", "123-4567890", "123-456-789a", "../1234567", "1234567890 ", "--1234567890"]
        {
            assert!(from_value::<CustomerId>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_is_written_in_full() {
        assert!(from_value::<Day>(json!("2026-11-01")).is_ok());
        for bad in ["2026-11-1", "2026-02-30", "01/11/2026", "today", "+12026-11-01", "2026-11-01' OR '1"] {
            assert!(from_value::<Day>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_amount_is_positive_and_rounded_to_micros() {
        for (units, micros) in
            [(25.5, 25_500_000), (0.1 + 0.2, 300_000), (19.99, 19_990_000), (1e9, 1_000_000_000_000_000)]
        {
            assert_eq!(from_value::<DailyAmount>(json!(units)).map(|amount| amount.micros().0).ok(), Some(micros));
        }
        for bad in [json!(0), json!(-5), json!(1e-9), json!(1e10), json!("25"), json!(null)] {
            assert!(from_value::<DailyAmount>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_is_digits_only() {
        assert!(from_value::<EntityId>(json!("111")).is_ok());
        for bad in [json!(""), json!("1 OR 1"), json!("-1"), json!("+1"), json!("99999999999999999999"), json!(1)] {
            assert!(from_value::<EntityId>(bad.clone()).is_err(), "{bad}");
        }
        assert!(from_value::<Ids>(json!([])).is_err());
    }
}
