//! `list_campaigns`: Sponsored Products campaigns with their budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use super::statuses::{Status, of_status};
use crate::{
    api::{Campaign, NameFilter, Search},
    arguments::{MaxRows, ProfileId},
    profile::{Collection, Profile},
};

pub(super) struct ListCampaigns;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// Only campaigns of this status; if left out, all that are not archived.
    #[serde(default)]
    status: Option<Status>,
    /// Only campaigns whose name contains these words.
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
    /// MANUAL campaigns have keywords or product targets, AUTO ones have Amazon choose.
    targeting: String,
    /// In units of the account's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_budget: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<String>,
}

impl ReadTool for ListCampaigns {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_campaigns",
        "List campaigns",
        "Lists the Sponsored Products campaigns of one account with status, targeting and daily budget, without figures. \
         Use it to find campaign ids; use get_performance for figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let broad = |name: &String| NameFilter { include: vec![name.clone()], query_term_match_type: "BROAD_MATCH" };
        let search = Search { name_filter: args.name.as_ref().map(broad), ..of_status(args.status) };
        let (rows, page) = Profile::of(&cx, account)
            .page::<Campaign>(Collection::Campaigns, search, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), campaigns: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<Campaign> for Line {
    fn from(campaign: Campaign) -> Self {
        Self {
            campaign_id: campaign.campaign_id.to_string(),
            name: campaign.name,
            status: campaign.state,
            targeting: campaign.targeting_type,
            daily_budget: campaign.budget.map(|budget| budget.budget.0.to_units()),
            start_date: campaign.start_date,
            end_date: campaign.end_date,
        }
    }
}
