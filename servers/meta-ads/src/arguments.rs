//! The values that only these tools take. Each is checked as it is read: ids go into paths.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
pub(crate) use turnpike_sdk::arguments::{Amount, Day, EntityId, MaxRows, days_in_order};
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

/// One to twenty ids: a change costs three of the sixty points that Meta's limited tier has in five minutes.
pub(crate) type Ids = turnpike_sdk::arguments::Ids<20>;

/// The ad account: digits as list_accounts shows them, with or without `act_`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^(act_)?[0-9]{1,20}$"))]
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
        let digits = text.strip_prefix("act_").unwrap_or(&text).to_owned();
        let id = EntityId::try_from(digits).map_err(
            |_| "an account id is a string of digits, such as \"710000000000001\"; list_accounts shows yours",
        )?;
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

/// The three kinds of things in an account that have a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Campaign,
    AdSet,
    Ad,
}

impl Level {
    /// For people.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "ad set",
            Self::Ad => "ad",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn an_account_id_is_digits_with_its_prefix_or_without() {
        for good in ["710000000000001", "act_710000000000001"] {
            assert_eq!(String::from(from_value::<AdAccountId>(json!(good)).expect(good)), "710000000000001");
        }
        for bad in ["", "act_", "act_1/campaigns", "../1", "act_act_1", " 1", "+1", "1?fields=id", "me", "act_1,2"] {
            assert!(from_value::<AdAccountId>(json!(bad)).is_err(), "{bad}");
        }
    }
}
