//! What `list_accounts` tells of a profile.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    /// Where Amazon keeps it: na (Americas), eu (Europe, Middle East, India, Africa) or fe (Japan, Australia, Singapore).
    region: String,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the Amazon Ads profiles of this connection with currency, time zone and \
        region. A profile is one advertiser in one marketplace, which its name ends with: US, DE, JP. Call it first: every \
        other tool needs an account_id from here.";

    async fn describe(accounts: &[&Account], _: &Cx) -> Result<Vec<Detail>, ToolError> {
        Ok(accounts.iter().map(|account| Detail { region: account.region.clone().unwrap_or_default() }).collect())
    }
}
