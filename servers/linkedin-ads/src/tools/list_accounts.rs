//! What `list_accounts` tells of a LinkedIn ad account.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use crate::access;

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    /// What the connected member is in it. A VIEWER cannot change anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// Whether the connected member still has a role in it; if not, its figures come out empty.
    reachable: bool,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the LinkedIn ad accounts of this connection with currency, the connected \
        member's role and whether they can be reached now. Call it first: every other tool needs an account_id from here.";

    async fn describe(accounts: &[&Account], cx: &Cx) -> Result<Vec<Detail>, ToolError> {
        let roles = access::roles(cx).await?;
        let role = |account: &&Account| roles.get(&account.id).cloned();
        Ok(accounts.iter().map(role).map(|role| Detail { reachable: role.is_some(), role }).collect())
    }
}
