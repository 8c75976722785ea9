//! What `list_accounts` tells of an account at a data source.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use crate::source;

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    data_source: String,
    /// The stored login through which it is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the accounts of this connection, as found when it was connected; `matching` \
        AW: shows those of the data source AW. Call it first: the other tools need an account_id from here.";

    async fn describe(accounts: &[&Account], _: &Cx) -> Result<Vec<Detail>, ToolError> {
        let detail = |account: &&Account| Detail {
            data_source: source::parts(account).0.to_owned(),
            login: account.via.as_ref().map(AccountId::to_string),
        };
        Ok(accounts.iter().map(detail).collect())
    }
}
