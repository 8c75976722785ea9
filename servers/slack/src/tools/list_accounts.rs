//! What `list_accounts` tells of a workspace.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use crate::{accounts, manifest::MANIFEST};

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The app's bot, as messages and list_members show it.
    bot_user_id: String,
    /// What the tools need and the app may not do; an admin can add it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_permissions: Vec<String>,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "The Slack workspace of this connection, the app's bot in it, and permissions that the app \
        lacks. Call it first: every other tool needs the account_id from here.";

    async fn describe(accounts: &[&Account], cx: &Cx) -> Result<Vec<Detail>, ToolError> {
        // A token is for one workspace.
        let [_] = accounts else { return Ok(vec![]) };
        let (identity, granted) = accounts::identify(cx).await?;
        let lacks = |scope: &&&str| !granted.iter().any(|other| other == **scope);
        let missing = MANIFEST.auth.scopes().iter().filter(lacks).map(|scope| (*scope).to_owned());
        Ok(vec![Detail { url: identity.url, bot_user_id: identity.user_id, missing_permissions: missing.collect() }])
    }
}
