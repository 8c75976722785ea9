//! `list_ad_groups`: ad groups with their default bids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use super::statuses::{Status, of_status};
use crate::{
    api::{AdGroup, Include, Search},
    arguments::{Ids, MaxRows, ProfileId},
    profile::{Collection, Profile},
};

pub(super) struct ListAdGroups;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// Only ad groups of these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids>,
    /// Only ad groups of this status; if left out, all that are not archived.
    #[serde(default)]
    status: Option<Status>,
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
    ad_groups: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    ad_group_id: String,
    campaign_id: String,
    name: String,
    status: String,
    /// In units of the account's currency, for what has no bid of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_bid: Option<f64>,
}

impl ReadTool for ListAdGroups {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_ad_groups",
        "List ad groups",
        "Lists the Sponsored Products ad groups of one account, or of some of its campaigns, with status and default bid.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let of_campaigns = args.campaign_ids.as_ref().map(|ids| Include::of(ids.iter()));
        let search = Search { campaign_id_filter: of_campaigns, ..of_status(args.status) };
        let (rows, page) = Profile::of(&cx, account)
            .page::<AdGroup>(Collection::AdGroups, search, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), ad_groups: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<AdGroup> for Line {
    fn from(group: AdGroup) -> Self {
        Self {
            ad_group_id: group.ad_group_id.to_string(),
            campaign_id: group.campaign_id.to_string(),
            name: group.name,
            status: group.state,
            default_bid: group.default_bid.map(|bid| bid.0.to_units()),
        }
    }
}
