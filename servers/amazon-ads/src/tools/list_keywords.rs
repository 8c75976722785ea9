//! `list_keywords`: keywords with their bids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use super::statuses::{Status, of_status};
use crate::{
    api::{Include, Keyword, Search},
    arguments::{Ids, MaxRows, ProfileId},
    profile::{Collection, Profile},
};

pub(super) struct ListKeywords;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// Only keywords of these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids>,
    /// Only keywords of these ad groups.
    #[serde(default)]
    ad_group_ids: Option<Ids>,
    /// Only keywords of this status; if left out, all that are not archived.
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
    keywords: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    keyword_id: String,
    keyword: String,
    match_type: String,
    status: String,
    campaign_id: String,
    ad_group_id: String,
    /// In units of the account's currency; without one, the ad group's default bid is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    bid: Option<f64>,
}

impl ReadTool for ListKeywords {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_keywords",
        "List keywords",
        "Lists the Sponsored Products keywords of one account, or of some of its campaigns or ad groups, with match type, \
         status and bid. Campaigns with AUTO targeting have none; see search_terms for what people typed.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let include = |ids: &Ids| Include::of(ids.iter());
        let search = Search {
            campaign_id_filter: args.campaign_ids.as_ref().map(include),
            ad_group_id_filter: args.ad_group_ids.as_ref().map(include),
            ..of_status(args.status)
        };
        let (rows, page) = Profile::of(&cx, account)
            .page::<Keyword>(Collection::Keywords, search, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), keywords: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<Keyword> for Line {
    fn from(keyword: Keyword) -> Self {
        Self {
            keyword_id: keyword.keyword_id.to_string(),
            keyword: keyword.keyword_text,
            match_type: keyword.match_type,
            status: keyword.state,
            campaign_id: keyword.campaign_id.to_string(),
            ad_group_id: keyword.ad_group_id.to_string(),
            bid: keyword.bid.map(|bid| bid.0.to_units()),
        }
    }
}
