//! What `list_accounts` tells of an account besides id, name, currency and time zone.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

pub(super) struct Accounts;

// CHANGE: what an agent should know of an account before it chooses one. Nothing is asked of the vendor here.
#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the accounts of this connection. Call it first: every other tool needs an \
        account_id from here.";

    async fn describe(accounts: &[&Account], _: &Cx) -> Result<Vec<Detail>, ToolError> {
        Ok(accounts.iter().map(|_| Detail {}).collect())
    }
}
