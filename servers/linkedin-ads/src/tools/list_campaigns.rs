//! `list_campaigns`: campaigns with their budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use super::statuses::{Status, search};
use crate::{
    ad_account::AdAccount,
    answers::{AccountLine, id_of},
    api::{Campaign, Money},
    arguments::{AdAccountId, MaxRows},
};

pub(super) struct ListCampaigns;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// Only campaigns of this status; if left out, active, paused, draft and completed ones.
    #[serde(default)]
    status: Option<Status>,
    /// Only the campaign of exactly this name.
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
    campaigns: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    campaign_id: String,
    name: String,
    status: String,
    campaign_group_id: String,
    objective: String,
    cost_type: String,
    /// In units of the account's currency; a campaign may have a budget for its whole time instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_budget: Option<f64>,
    /// `RUNNABLE`, or what keeps it from serving.
    serving: Vec<String>,
}

impl ReadTool for ListCampaigns {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_campaigns",
        "List campaigns",
        "Lists the campaigns of one account with status, group, objective and budget, without figures. Use it to find \
         campaign ids; use get_performance for figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let query = search(args.status, args.name.as_deref());
        let (rows, page) = AdAccount::of(&cx, account)
            .page::<Campaign>("adCampaigns", &query, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), campaigns: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<Campaign> for Line {
    fn from(campaign: Campaign) -> Self {
        let daily = campaign.daily_budget.as_ref().and_then(|budget| Micros::from_decimal(&budget.amount));
        Self {
            campaign_id: campaign.id.to_string(),
            name: campaign.name,
            status: campaign.status,
            campaign_group_id: id_of(&campaign.campaign_group).to_owned(),
            objective: campaign.objective_type,
            cost_type: campaign.cost_type,
            daily_budget: daily.map(Micros::to_units),
            total_budget: campaign.total_budget.as_ref().and_then(Money::units),
            serving: campaign.serving_statuses,
        }
    }
}
