//! The values that only these tools take. Each is checked as it is read, and its error says what to send instead. Supermetrics
//! ignores what it does not know and guesses at what it half knows: what is wrong must be found here.

use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
pub(crate) use turnpike_sdk::arguments::{Day, MaxRows, days_in_order};
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

/// The account, as list_accounts shows it: data source and id, such as `AW:1234567890`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("minLength" = 1, "maxLength" = 300))]
pub(crate) struct AccountRef(AccountId);

impl AccountRef {
    /// The account on the connection's list.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for AccountRef {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // Some sources use web addresses as ids; what is not on the list is refused whatever its form.
        match text.chars().count() {
            1..=300 if !text.chars().any(char::is_control) => Ok(Self(AccountId::new(text))),
            _ => Err("an account_id is a data source and an id, such as AW:1234567890; list_accounts shows yours"),
        }
    }
}

impl From<AccountRef> for String {
    fn from(account: AccountRef) -> Self {
        account.0.to_string()
    }
}

impl NamesAccounts for AccountRef {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}

/// The id of a data source, such as `AW`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[A-Za-z0-9_-]{1,50}$"))]
pub(crate) struct SourceId(String);

impl Deref for SourceId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        match text.len() {
            1..=50 if text.bytes().all(plain) => Ok(Self(text)),
            _ => Err("a data source is a short id such as AW; list_data_sources shows yours"),
        }
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> Self {
        id.0
    }
}

/// One to thirty field ids, none twice.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schemars(inline, extend("minItems" = 1, "maxItems" = 30, "uniqueItems" = true, "examples" = [["Date", "Cost"]]))]
pub(crate) struct FieldIds(Vec<String>);

impl Deref for FieldIds {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for FieldIds {
    type Error = &'static str;

    fn try_from(ids: Vec<String>) -> Result<Self, Self::Error> {
        let twice = |n: usize, id: &String| ids.iter().take(n).any(|other| other == id);
        if !(1..=30).contains(&ids.len()) || ids.iter().enumerate().any(|(n, id)| twice(n, id)) {
            return Err("give one to thirty different field ids");
        }
        match ids.iter().all(|id| is_field_id(id)) {
            true => Ok(Self(ids)),
            false => Err("a field id has no spaces or commas, such as Campaignname; list_fields shows them"),
        }
    }
}

impl From<FieldIds> for Vec<String> {
    fn from(ids: FieldIds) -> Self {
        ids.0
    }
}

/// A comma would make two fields of one, a space a direction of sorting.
fn is_field_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// A field to sort by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBy {
    /// One of `fields`.
    pub(crate) field: String,
    /// Largest first; smallest first if left out.
    #[serde(default)]
    pub(crate) descending: bool,
}

impl OrderBy {
    /// As Supermetrics writes it.
    pub(crate) fn wire(&self) -> String {
        format!("{} {}", self.field, if self.descending { "desc" } else { "asc" })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn an_account_may_have_any_form_but_no_hidden_characters() {
        for good in ["AW:1234567890", "9000000009", "GW:https://www.example.com/"] {
            assert_eq!(String::from(from_value::<AccountRef>(json!(good)).unwrap()), good);
        }
        for bad in ["", "AW:1\n2", "AW:\u{0}"] {
            assert!(from_value::<AccountRef>(json!(bad)).is_err(), "{bad:?}");
        }
        assert!(from_value::<AccountRef>(json!("x".repeat(301))).is_err());
    }

    #[test]
    fn a_field_id_is_one_word_and_comes_once() {
        assert!(from_value::<FieldIds>(json!(["Date", "offsite_conversions.fb-pixel"])).is_ok());
        for bad in [json!([]), json!(["Date", "Date"]), json!(["Date,Cost"]), json!(["Cost desc"]), json!([""])] {
            assert!(from_value::<FieldIds>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_data_source_is_a_short_id() {
        assert!(from_value::<SourceId>(json!("GAWA")).is_ok());
        for bad in ["", "Google Ads", "AW\",\"api_key\":\"x", "../x"] {
            assert!(from_value::<SourceId>(json!(bad)).is_err(), "{bad}");
        }
    }
}
