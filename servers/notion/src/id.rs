//! Ids as Notion has them: UUIDs, which people copy with dashes, without, or within an address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cx, NamesAccounts, ToolError, Touches};

/// The workspace, as list_accounts shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub(crate) struct WorkspaceId(AccountId);

impl WorkspaceId {
    /// The account of the connection.
    pub(crate) fn get<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.account(&self.0)
    }
}

impl TryFrom<String> for WorkspaceId {
    type Error = &'static str;

    /// Whether there is such a workspace the pipeline knows; here is only seen to it that it is one word.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let word = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match (uuid(&text), word) {
            (Some(id), _) => Ok(Self(AccountId::new(id))),
            (None, true) => Ok(Self(AccountId::new(text))),
            (None, false) => Err("an account id is a workspace's id; list_accounts shows yours"),
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

/// The id of a page or database, or its address in Notion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("examples" = ["00000000-0000-4000-8000-000000000000"]))]
pub(crate) struct ObjectId(String);

impl ObjectId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ObjectId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let id = if text.starts_with("https://") { of_address(&text) } else { uuid(&text) };
        id.map(Self).ok_or("an id is 32 hexadecimal digits, with dashes or without; the address of a page is taken too")
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

/// `https://www.notion.so/team/Launch-plan-00000000000040008000000000000000?pvs=4` ends in the id.
fn of_address(text: &str) -> Option<String> {
    let path = text.split(['?', '#']).next()?.trim_end_matches('/');
    uuid(path.rsplit(['/', '-']).next()?)
}

/// The canonical form, of 32 hexadecimal digits with dashes or without.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let digits = if dashed { text.replace('-', "") } else { text.to_owned() }.to_ascii_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Some([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    const ID: &str = "1a2b3c4d-0000-4000-8000-00000000000f";

    #[test]
    fn an_id_comes_with_dashes_without_or_in_an_address() {
        for good in [
            ID,
            "1A2B3C4D-0000-4000-8000-00000000000F",
            "1a2b3c4d00004000800000000000000f",
            "https://www.notion.so/team/Launch-plan-1a2b3c4d00004000800000000000000f?pvs=4",
            "https://app.notion.com/1a2b3c4d00004000800000000000000f#here",
        ] {
            assert_eq!(from_value::<ObjectId>(json!(good)).map(String::from).ok().as_deref(), Some(ID), "{good}");
        }
        for bad in
            ["", "launch", "1a2b3c4d", "../1a2b3c4d00004000800000000000000f", "1a2b3c4d-00004000-8000-0000-0000000f"]
        {
            assert!(from_value::<ObjectId>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_workspace_is_named_by_one_word() {
        assert_eq!(from_value::<WorkspaceId>(json!(ID.replace('-', ""))).map(String::from).ok().as_deref(), Some(ID));
        assert!(from_value::<WorkspaceId>(json!("9000000009")).is_ok());
        for bad in ["", "../1", "a b", "ä"] {
            assert!(from_value::<WorkspaceId>(json!(bad)).is_err(), "{bad}");
        }
    }
}
