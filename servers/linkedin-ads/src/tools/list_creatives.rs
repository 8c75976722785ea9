//! `list_creatives`: what is shown, and whether LinkedIn lets it serve.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    ad_account::AdAccount,
    answers::{AccountLine, id_of},
    api::Creative,
    arguments::{AdAccountId, Ids, MaxRows},
    restli::{Query, list, urn},
};

pub(super) struct ListCreatives;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// Only creatives of these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids>,
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
    creatives: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    creative_id: String,
    campaign_id: String,
    /// What its owner wants: ACTIVE, PAUSED, DRAFT and so on.
    status: String,
    serving: bool,
    /// What LinkedIn's review says: APPROVED, PENDING, REJECTED and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<String>,
    /// The post that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl ReadTool for ListCreatives {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_creatives",
        "List creatives",
        "Lists the creatives of one account, or of some campaigns, with status, review and the post they show. Use it to \
         find out why a campaign does not serve; use get_performance with level creative for figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let campaigns = args.campaign_ids.as_ref();
        let urns = campaigns.map(|ids| list(ids.iter().map(|id| urn("sponsoredCampaign", id))));
        let query = Query::finder("criteria").with_some("campaigns", urns).with("sortOrder", "ASCENDING");
        let (rows, page) = AdAccount::of(&cx, account)
            .page::<Creative>("creatives", &query, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), creatives: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl From<Creative> for Line {
    fn from(creative: Creative) -> Self {
        Self {
            creative_id: id_of(&creative.id).to_owned(),
            campaign_id: id_of(&creative.campaign).to_owned(),
            status: creative.intended_status,
            serving: creative.is_serving,
            review: creative.review.status,
            content: creative.content.reference,
        }
    }
}
