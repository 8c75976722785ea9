//! `list_campaign_groups`: the folders that campaigns lie in, with their own budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{Micros, Timestamp};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use super::statuses::{Status, search};
use crate::{
    ad_account::AdAccount,
    answers::AccountLine,
    api::{CampaignGroup, Money},
    arguments::{AdAccountId, MaxRows},
};

pub(super) struct ListCampaignGroups;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// Only groups of this status; if left out, active, paused, draft and completed ones.
    #[serde(default)]
    status: Option<Status>,
    /// Only the group of exactly this name.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    account: AccountLine,
    campaign_groups: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    campaign_group_id: String,
    name: String,
    status: String,
    /// What all its campaigns together may spend, in units of the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

impl ReadTool for ListCampaignGroups {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_campaign_groups",
        "List campaign groups",
        "Lists the campaign groups of one account with status, total budget and run time. A campaign serves only while its \
         group is active.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let query = search(args.status, args.name.as_deref());
        let (rows, page) = AdAccount::of(&cx, account)
            .page::<CampaignGroup>("adCampaignGroups", &query, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), campaign_groups: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<CampaignGroup> for Line {
    fn from(group: CampaignGroup) -> Self {
        let instant = |millis: i64| Timestamp::from_micros(millis.saturating_mul(1000)).to_string();
        Self {
            campaign_group_id: group.id.to_string(),
            name: group.name,
            status: group.status,
            total_budget: group.total_budget.as_ref().and_then(Money::units),
            start: group.run_schedule.start.map(instant),
            end: group.run_schedule.end.map(instant),
        }
    }
}

impl Money {
    /// In units of its currency.
    pub(super) fn units(&self) -> Option<f64> {
        Micros::from_decimal(&self.amount).map(Micros::to_units)
    }
}
