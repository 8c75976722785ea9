//! `get_performance`: figures of campaign groups, campaigns or creatives.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Account, Cost, Cursor, Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    ad_account::AdAccount,
    analytics::{Question, explain_empty},
    answers::{Figures, Heading, Report, cut, first_row, id_of},
    api::{Campaign, CampaignGroup, Row},
    arguments::{AdAccountId, Day, Ids, MaxRows, days_in_order},
};

pub(super) struct GetPerformance;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// First day, in UTC.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// One row per campaign (if left out), campaign group or creative.
    #[serde(default)]
    level: Level,
    /// One row per day rather than one for the whole period.
    #[serde(default)]
    by_day: bool,
    /// Only these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    CampaignGroup,
    #[default]
    Campaign,
    Creative,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// One of the level asked for, over the period or on one day.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creative_id: Option<String>,
    #[serde(flatten)]
    figures: Figures,
}

impl ReadTool for GetPerformance {
    type Args = Args;
    type Answer = Report<Line>;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Heavy,
        ..ToolSpec::read(
            "get_performance",
            "Get performance",
            "Impressions, clicks, cost, conversions and leads of one account by campaign group, campaign or creative, for \
             the whole period or by day, dearest first, with totals over all rows. An empty answer says why in `note`.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Report<Line>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        let start = first_row(&cx, &args, args.cursor.as_ref())?;
        let account = args.account_id.get(&cx)?;
        let days = (args.start_date, args.end_date);
        let campaigns = args.campaign_ids.as_ref();
        let rows =
            Question { pivot: args.level.pivot(), by_day: args.by_day, days, campaigns }.ask(&cx, account).await?;

        let note = if rows.is_empty() { Some(explain_empty(&cx, account).await?) } else { None };
        let totals = args.cursor.is_none().then(|| Figures::total(&rows));
        let (rows, page) = cut(&cx, rows, &args, args.max_rows, start);
        let names = args.level.names(&cx, account, &rows).await?;
        let rows = rows.iter().map(|row| args.line(row, &names)).collect();
        let freshness = "days are in UTC, and the present one still grows";
        Ok(Report::new(Heading { account, days, now: cx.now(), freshness, note, totals }, rows, page))
    }
}

impl Level {
    fn pivot(self) -> &'static str {
        match self {
            Self::CampaignGroup => "CAMPAIGN_GROUP",
            Self::Campaign => "CAMPAIGN",
            Self::Creative => "CREATIVE",
        }
    }

    /// Names by id: the figures have only ids. Creatives have no names.
    async fn names(self, cx: &Cx, account: &Account, rows: &[Row]) -> Result<BTreeMap<String, String>, ToolError> {
        let ids: BTreeSet<&str> = rows.iter().map(|row| id_of(row.about())).collect();
        let target = AdAccount::of(cx, account);
        Ok(match self {
            Self::CampaignGroup => {
                let found = target.batch::<CampaignGroup>("adCampaignGroups", ids).await?;
                found.into_iter().map(|group| (group.id.to_string(), group.name)).collect()
            }
            Self::Campaign => {
                let found = target.batch::<Campaign>("adCampaigns", ids).await?;
                found.into_iter().map(|campaign| (campaign.id.to_string(), campaign.name)).collect()
            }
            Self::Creative => BTreeMap::new(),
        })
    }
}

impl Args {
    fn line(&self, row: &Row, names: &BTreeMap<String, String>) -> Line {
        let id = id_of(row.about()).to_owned();
        let name = names.get(&id).cloned();
        let of = |level: Level, value: Option<String>| value.filter(|_| self.level == level);
        Line {
            date: self.by_day.then(|| row.day()),
            campaign_group_id: of(Level::CampaignGroup, Some(id.clone())),
            campaign_group: of(Level::CampaignGroup, name.clone()),
            campaign_id: of(Level::Campaign, Some(id.clone())),
            campaign: of(Level::Campaign, name),
            creative_id: of(Level::Creative, Some(id)),
            figures: row.into(),
        }
    }
}
