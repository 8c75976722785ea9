//! The values that only these tools take. Each is checked as it is read.

use std::{fmt, ops::Deref};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
pub(crate) use turnpike_sdk::arguments::{Day, MaxRows, days_in_order};
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

/// The workspace: its id as list_accounts shows it, such as `T0123456789`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[A-Z0-9]{1,20}$"))]
pub(crate) struct WorkspaceId(AccountId);

impl WorkspaceId {
    /// The workspace of the connection.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for WorkspaceId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match is_id(&text) {
            true => Ok(Self(AccountId::new(text))),
            false => Err("a workspace's id is such as \"T0123456789\"; list_accounts shows yours"),
        }
    }
}

impl From<WorkspaceId> for String {
    fn from(id: WorkspaceId) -> Self {
        id.0.to_string()
    }
}

impl NamesAccounts for WorkspaceId {
    fn touches(&self) -> Touches {
        Touches::Accounts(vec![self.0.clone()])
    }
}

/// A text that was checked as it was read.
macro_rules! checked {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $example:literal, $fits:path, $fix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline, extend("pattern" = $pattern, "examples" = [$example]))]
        pub(crate) struct $name(String);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $fits(&text) { Ok(Self(text)) } else { Err($fix) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked!(
    /// A channel's id. Names are not taken: they change, and Slack takes some of them for others.
    ChannelId,
    "^[CG][A-Z0-9]{1,20}$",
    "C0123456789",
    is_channel,
    "a channel's id is such as \"C0123456789\"; list_channels shows it beside the name"
);
checked!(
    /// A member's id.
    MemberId,
    "^[UW][A-Z0-9]{1,20}$",
    "U0123456789",
    is_member,
    "a member's id is such as \"U0123456789\"; messages and list_members show it"
);
checked!(
    /// A message's `ts`, which is its id in its channel.
    MessageTs,
    "^[0-9]{10}\\.[0-9]{6}$",
    "1793613600.000100",
    is_ts,
    "a message's ts is seconds and six digits, such as \"1793613600.000100\"; take it whole from get_messages, as a string"
);

/// One to twenty members.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<MemberId>", into = "Vec<MemberId>")]
#[schemars(inline, extend("minItems" = 1, "maxItems" = 20))]
pub(crate) struct MemberIds(Vec<MemberId>);

impl Deref for MemberIds {
    type Target = [MemberId];

    fn deref(&self) -> &[MemberId] {
        &self.0
    }
}

impl TryFrom<Vec<MemberId>> for MemberIds {
    type Error = &'static str;

    fn try_from(mut ids: Vec<MemberId>) -> Result<Self, Self::Error> {
        ids.sort_by(|one, other| one.0.cmp(&other.0));
        ids.dedup();
        match ids.len() {
            1..=20 => Ok(Self(ids)),
            _ => Err("give 1 to 20 ids; split a longer list over several calls"),
        }
    }
}

impl From<MemberIds> for Vec<MemberId> {
    fn from(ids: MemberIds) -> Self {
        ids.0
    }
}

fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Direct messages (`D…`) are not offered.
fn is_channel(text: &str) -> bool {
    text.starts_with(['C', 'G']) && text.len() > 1 && is_id(&text[1..])
}

fn is_member(text: &str) -> bool {
    text.starts_with(['U', 'W']) && text.len() > 1 && is_id(&text[1..])
}

fn is_ts(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, micros)| digits(seconds, 10) && digits(micros, 6))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn ids_are_those_of_their_kind_and_nothing_else() {
        assert!(from_value::<ChannelId>(json!("C0123456789")).is_ok());
        for bad in
            ["general", "#general", "D0123456789", "U0123456789", "C", "c0123456789", "C01234 56", "Ä0", "C1&a=b", ""]
        {
            assert!(from_value::<ChannelId>(json!(bad)).is_err(), "{bad}");
        }
        assert!(from_value::<MemberId>(json!("W0123456789")).is_ok());
        assert!(from_value::<MemberId>(json!("C0123456789")).is_err());
        assert!(from_value::<WorkspaceId>(json!("T0123456789")).is_ok());
        assert!(from_value::<WorkspaceId>(json!("../T0")).is_err());
    }

    #[test]
    fn a_ts_is_a_whole_string() {
        assert!(from_value::<MessageTs>(json!("1793613600.000100")).is_ok());
        for bad in
            [json!("1793613600"), json!("1793613600.0001"), json!(1_793_613_600.000_1), json!("now"), json!("1.2")]
        {
            assert!(from_value::<MessageTs>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn members_are_named_once() {
        let ids: MemberIds = from_value(json!(["U2", "U1", "U2"])).expect("ids");
        assert_eq!(ids.iter().map(|id| id.to_string()).collect::<Vec<_>>(), ["U1", "U2"]);
        assert!(from_value::<MemberIds>(json!([])).is_err());
    }
}
