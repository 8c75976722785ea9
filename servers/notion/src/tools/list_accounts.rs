//! What `list_accounts` tells of a workspace.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use crate::{accounts, id};

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    /// The connection's name in Notion, under which its changes appear.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_as: Option<String>,
    /// Who gave access: a person, or the workspace as a whole.
    granted_by: String,
    /// Whether the token is still for this workspace.
    reachable: bool,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "The Notion workspace of this connection, as what and by whom it is connected, and \
        whether it can be reached now. Call it first: every other tool needs an account_id from here.";

    async fn describe(accounts: &[&Account], cx: &Cx) -> Result<Vec<Detail>, ToolError> {
        let me = accounts::me(cx).await?;
        let workspace = me.bot.workspace_id.as_deref().and_then(id::uuid);
        let granted_by =
            me.bot.owner.user.map_or_else(|| "the workspace".to_owned(), |user| user.name.unwrap_or(user.id));
        let detail = |account: &&Account| Detail {
            connected_as: me.name.clone(),
            granted_by: granted_by.clone(),
            reachable: workspace.as_deref() == Some(account.id.as_str()),
        };
        Ok(accounts.iter().map(detail).collect())
    }
}
