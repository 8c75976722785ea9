//! `list_ad_sets`: ad sets with their own budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use super::{Shown, budget};
use crate::{
    api::AdSet,
    arguments::{AdAccountId, EntityId, MaxRows},
    graph::AdAccount,
    insights::filter,
};

pub(super) struct ListAdSets;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// Only ad sets of this campaign.
    #[serde(default)]
    campaign_id: Option<EntityId>,
    /// Only ad sets of this status; if left out, all that are not archived.
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
    ad_sets: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    ad_set_id: String,
    name: String,
    campaign_id: String,
    /// What was set.
    status: String,
    /// How it really stands: `CAMPAIGN_PAUSED` while its campaign is paused.
    effective_status: String,
    optimization_goal: String,
    /// An ad set without any budget spends its campaign's.
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
}

impl ReadTool for ListAdSets {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_ad_sets",
        "List ad sets",
        "Lists the ad sets of one account, or of one campaign, with status, optimization goal and budget, without figures. Use \
         it to see why a campaign does not serve and where its budget lies.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let of_campaign = args.campaign_id.map(|id| ("filtering", filter("campaign.id", [id].iter())));
        let narrowed = args.status.map(Shown::param).into_iter().chain(of_campaign).collect();
        let (rows, page) = AdAccount::of(&cx, account)
            .owned_rows::<AdSet>("adsets", narrowed, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        let ad_sets = rows.into_iter().map(|row| Line::of(row, &account.currency)).collect();
        Ok(Answer { account: account.into(), ad_sets, page })
    }
}

impl Line {
    fn of(ad_set: AdSet, currency: &str) -> Self {
        let units = |text: Option<&String>| budget(text, currency).map(Micros::to_units);
        Self {
            daily_budget: units(ad_set.daily_budget.as_ref()),
            lifetime_budget: units(ad_set.lifetime_budget.as_ref()),
            ad_set_id: ad_set.id,
            name: ad_set.name,
            campaign_id: ad_set.campaign_id,
            status: ad_set.status,
            effective_status: ad_set.effective_status,
            optimization_goal: ad_set.optimization_goal,
            start_time: ad_set.start_time,
            end_time: ad_set.end_time,
        }
    }
}
