//! The values that only these tools take. Each is checked as it is read, and its error says what to send instead.

use chrono::Datelike as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
pub(crate) use turnpike_sdk::arguments::{Amount, Day, EntityId, MaxRows, days_in_order};
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

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

/// Ids for one batch.
pub(crate) type Ids = turnpike_sdk::arguments::Ids<50>;

impl From<Day> for Value {
    fn from(Day(day): Day) -> Self {
        let year = day.year().unsigned_abs();
        record([("year", year.into()), ("month", day.month().into()), ("day", day.day().into())])
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
            ["", "5110x", "../1", "urn:li:sponsoredCampaign:1", " 1", "+1", "1/adCampaigns", "99999999999999999999"]
        {
            assert!(from_value::<AdAccountId>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_is_sent_as_a_record() {
        let day: Day = from_value(json!("2026-11-01")).expect("a day");
        assert_eq!(Value::from(day).to_string(), "(year:2026,month:11,day:1)");
    }
}
