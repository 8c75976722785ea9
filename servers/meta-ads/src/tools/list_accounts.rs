//! What `list_accounts` tells of an ad account.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::Micros;
use turnpike_sdk::{Account, Cx, DescribeAccounts, ToolError};

use super::budget;
use crate::{accounts, api::AdAccount};

pub(super) struct Accounts;

#[derive(Serialize, JsonSchema)]
pub(super) struct Detail {
    /// `ACTIVE`, or what keeps it from spending; absent when the system user is no longer assigned to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// Spent since it exists, or since its spending limit was set anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_spent: Option<f64>,
    /// Its spending limit, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    spend_cap: Option<f64>,
}

impl DescribeAccounts for Accounts {
    type Detail = Detail;
    const DESCRIPTION: &'static str = "Lists the Meta ad accounts of this connection with status, currency, time zone, amount \
        spent and spending limit. Call it first: every other tool needs an account_id from here.";

    async fn describe(accounts: &[&Account], cx: &Cx) -> Result<Vec<Detail>, ToolError> {
        let found = accounts::list(cx).await?;
        let detail = |account: &&Account| {
            let found = found.iter().find(|found| found.account_id == account.id.as_str());
            let units = |text: Option<&String>| budget(text, &account.currency).map(Micros::to_units);
            Detail {
                status: found.map(AdAccount::status),
                amount_spent: found.and_then(|found| units(found.amount_spent.as_ref())),
                spend_cap: found.and_then(|found| units(found.spend_cap.as_ref())),
            }
        };
        Ok(accounts.iter().map(detail).collect())
    }
}

impl AdAccount {
    /// <https://developers.facebook.com/docs/marketing-api/reference/ad-account>, `account_status`.
    fn status(&self) -> &'static str {
        match self.account_status {
            1 => "ACTIVE",
            2 => "DISABLED",
            3 => "UNSETTLED",
            7 => "PENDING_RISK_REVIEW",
            8 => "PENDING_SETTLEMENT",
            9 => "IN_GRACE_PERIOD",
            100 => "PENDING_CLOSURE",
            Self::CLOSED => "CLOSED",
            _ => "UNKNOWN",
        }
    }
}
