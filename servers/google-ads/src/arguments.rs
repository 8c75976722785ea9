//! The values that only these tools take. Each is checked as it is read, and its error says what to send instead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
use turnpike_sdk::{
    Account, ArgumentError, Cx, NamesAccounts, ToolError, Touches,
    arguments::{Day, EntityId},
};

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
                "account_id",
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

impl From<EntityId> for Literal {
    fn from(id: EntityId) -> Self {
        id.0.into()
    }
}

impl From<Day> for Literal {
    fn from(day: Day) -> Self {
        Self::Text(day.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_account_id_is_ten_digits_with_the_dashes_of_the_vendors_screens_or_none() {
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
}
