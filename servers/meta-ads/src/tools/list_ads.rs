//! `list_ads`: what is shown, and whether Meta lets it serve.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    ArgumentError, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine,
};

use super::Shown;
use crate::{
    api::Ad,
    arguments::{AdAccountId, EntityId, MaxRows},
    graph::AdAccount,
    insights::filter,
};

pub(super) struct ListAds;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// Only ads of this campaign.
    #[serde(default)]
    campaign_id: Option<EntityId>,
    /// Only ads of this ad set; leave campaign_id out then.
    #[serde(default)]
    ad_set_id: Option<EntityId>,
    /// Only ads of this status; if left out, all that are not archived.
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
    ads: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    ad_id: String,
    name: String,
    ad_set_id: String,
    campaign_id: String,
    /// What was set.
    status: String,
    /// How it really stands, such as `ADSET_PAUSED`, `PENDING_REVIEW` or `DISAPPROVED`.
    effective_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    creative_id: Option<String>,
}

impl ReadTool for ListAds {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_ads",
        "List ads",
        "Lists the ads of one account, of one campaign or of one ad set, with status and review, without figures. Use it to \
         find out why an ad does not serve; use get_performance with level ad for figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let parent = args.parent()?.map(|(field, id)| ("filtering", filter(field, [id].iter())));
        let narrowed = args.status.map(Shown::param).into_iter().chain(parent).collect();
        let (rows, page) = AdAccount::of(&cx, account)
            .owned_rows::<Ad>("ads", narrowed, &args, args.max_rows, args.cursor.as_ref())
            .await?;
        Ok(Answer { account: account.into(), ads: rows.into_iter().map(Line::from).collect(), page })
    }
}

impl Args {
    fn parent(&self) -> Result<Option<(&'static str, EntityId)>, ArgumentError> {
        match (self.campaign_id, self.ad_set_id) {
            (Some(_), Some(_)) => {
                let fix = "Send only ad_set_id: an ad set is in one campaign.";
                Err(ArgumentError::new("campaign_id", "it is sent together with ad_set_id", fix))
            }
            (Some(id), None) => Ok(Some(("campaign.id", id))),
            (None, Some(id)) => Ok(Some(("adset.id", id))),
            (None, None) => Ok(None),
        }
    }
}

impl From<Ad> for Line {
    fn from(ad: Ad) -> Self {
        Self {
            ad_id: ad.id,
            name: ad.name,
            ad_set_id: ad.adset_id,
            campaign_id: ad.campaign_id,
            status: ad.status,
            effective_status: ad.effective_status,
            creative_id: ad.creative.id,
        }
    }
}
