//! `list_campaigns`: campaigns with their own budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use super::{Shown, budget};
use crate::{
    api::Campaign,
    arguments::{AdAccountId, MaxRows},
    graph::AdAccount,
};

pub(super) struct ListCampaigns;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// Only campaigns of this status; if left out, all that are not archived.
    #[serde(default)]
    status: Option<Shown>,
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
    /// What was set.
    status: String,
    /// How it really stands.
    effective_status: String,
    objective: String,
    /// A campaign without any budget has them on its ad sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_time: Option<String>,
}

impl ReadTool for ListCampaigns {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_campaigns",
        "List campaigns",
        "Lists the campaigns of one account with status, objective and budget, without figures. Use it to find campaign ids; \
         use get_performance for figures. Archived ones are shown when asked for.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let narrowed = args.status.map(Shown::param).into_iter().collect();
        let (rows, page) = AdAccount::of(&cx, account)
            .owned_rows::<Campaign>("campaigns", narrowed, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        let campaigns = rows.into_iter().map(|row| Line::of(row, &account.currency)).collect();
        Ok(Answer { account: account.into(), campaigns, page })
    }
}

impl Line {
    fn of(campaign: Campaign, currency: &str) -> Self {
        let units = |text: Option<&String>| budget(text, currency).map(Micros::to_units);
        Self {
            daily_budget: units(campaign.daily_budget.as_ref()),
            lifetime_budget: units(campaign.lifetime_budget.as_ref()),
            campaign_id: campaign.id,
            name: campaign.name,
            status: campaign.status,
            effective_status: campaign.effective_status,
            objective: campaign.objective,
            start_time: campaign.start_time,
            stop_time: campaign.stop_time,
        }
    }
}
