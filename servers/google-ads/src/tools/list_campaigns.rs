//! `list_campaigns`: campaigns with their budgets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{
    Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine, arguments::MaxRows,
};

use crate::{
    api::Row,
    arguments::CustomerId,
    customer::Customer,
    gaql::{Direction, Query, Test},
};

pub(super) struct ListCampaigns;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: CustomerId,
    /// Only campaigns of this status; if left out, all but removed ones.
    #[serde(default)]
    status: Option<Status>,
    /// Only campaigns whose name contains this.
    #[serde(default)]
    name_contains: Option<String>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Enabled,
    Paused,
    Removed,
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
    channel: String,
    /// In units of the account's currency.
    daily_budget: f64,
    /// True when the budget serves several campaigns.
    budget_shared: bool,
}

impl ReadTool for ListCampaigns {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_campaigns",
        "List campaigns",
        "Lists the campaigns of one account with status, channel and daily budget, without figures. Use it to find \
         campaign ids; use get_performance for figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.client(&cx)?;
        let customer = Customer::of(&cx, account);
        let (rows, page) = customer.page::<Row>(&args.query(), &args, args.max_rows, args.cursor.as_ref()).await?;
        Ok(Answer { account: account.into(), campaigns: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl Args {
    fn query(&self) -> Query {
        let query = Query::select(&[
            "campaign.id",
            "campaign.name",
            "campaign.status",
            "campaign.advertising_channel_type",
            "campaign_budget.amount_micros",
            "campaign_budget.explicitly_shared",
            "campaign_budget.reference_count",
        ])
        .from("campaign")
        .filter(
            "campaign.status",
            match self.status {
                None => Test::is_not("REMOVED"),
                Some(Status::Enabled) => Test::is("ENABLED"),
                Some(Status::Paused) => Test::is("PAUSED"),
                Some(Status::Removed) => Test::is("REMOVED"),
            },
        )
        .order_by("campaign.id", Direction::Ascending);
        match &self.name_contains {
            Some(part) => query.filter("campaign.name", Test::contains(part)),
            None => query,
        }
    }
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        let budget = row.campaign_budget;
        Self {
            campaign_id: row.campaign.id,
            name: row.campaign.name,
            status: row.campaign.status,
            channel: row.campaign.advertising_channel_type,
            daily_budget: Micros(budget.amount_micros).to_units(),
            budget_shared: budget.explicitly_shared || budget.reference_count > 1,
        }
    }
}
