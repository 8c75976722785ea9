//! The values that only these tools take. Each is checked as it is read: ids go into paths.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
pub(crate) use turnpike_sdk::arguments::{EntityId, MaxRows};
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

/// The account: digits, as list_accounts shows them.
// CHANGE: the form of the vendor's account ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[0-9]{1,20}$"))]
pub(crate) struct AccountRef(AccountId);

impl AccountRef {
    /// The account of the connection.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for AccountRef {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.len() {
            1..=20 if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(AccountId::new(text))),
            _ => Err("an account_id is a string of digits, such as \"4000000001\"; list_accounts shows yours"),
        }
    }
}

impl From<AccountRef> for String {
    fn from(account: AccountRef) -> Self {
        account.to_string()
    }
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Every tool's arguments say which accounts they name; a call that names another one never reaches the vendor.
impl NamesAccounts for AccountRef {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}
