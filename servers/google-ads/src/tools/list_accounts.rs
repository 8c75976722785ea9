//! What `list_accounts` tells of a Google Ads account.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use crate::accounts;

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    /// A manager holds other accounts and has no campaigns or figures: choose another.
    manager: bool,
    /// The manager through which it is reached, if it is not reached directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    via_manager: Option<String>,
    /// Whether Google still lists it, or its manager, for this connection; if not, it must be reconnected.
    reachable: bool,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the Google Ads accounts of this connection with currency, time zone and \
        whether they can be reached now. Call it first: every other account tool needs an account_id from here.";

    async fn describe(accounts: &[&Account], cx: &Cx) -> Result<Vec<Detail>, ToolError> {
        let direct = accounts::accessible(cx).await?;
        Ok(accounts.iter().map(|account| Detail::of(account, &direct)).collect())
    }
}

impl Detail {
    fn of(account: &Account, direct: &[AccountId]) -> Self {
        Self {
            manager: account.manager,
            via_manager: account.via.as_ref().map(AccountId::to_string),
            reachable: direct.contains(account.via.as_ref().unwrap_or(&account.id)),
        }
    }
}
