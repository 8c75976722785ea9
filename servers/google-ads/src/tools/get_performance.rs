//! `get_performance`: figures of campaigns or ad groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Cost, Cursor, Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches,
    answers::{Figures, Report},
    arguments::{Day, Ids, MaxRows, days_in_order},
    try_join,
};

use crate::{
    answers::{FIELDS, report},
    api::Row,
    arguments::CustomerId,
    customer::Customer,
    gaql::{Direction, Query, Test},
};

pub(super) struct GetPerformance;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: CustomerId,
    /// First day.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// One row per campaign (if left out), or per ad group.
    #[serde(default)]
    level: Level,
    /// One row per day rather than one for the whole period.
    #[serde(default)]
    by_day: bool,
    /// Only these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids<100>>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    #[default]
    Campaign,
    AdGroup,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A campaign or an ad group, over the period or on one day.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    campaign_id: String,
    campaign: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_group: Option<String>,
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
            "Impressions, clicks, cost and conversions of one account by campaign or ad group, for the whole period or \
             by day, dearest first, with totals over all rows. For other fields use run_gaql.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Report<Line>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        let account = args.account_id.client(&cx)?;
        let customer = Customer::of(&cx, account);
        let (query, cursor) = (args.query(), args.cursor.as_ref());
        let page = customer.page::<Row>(&query, &args, args.max_rows, cursor);
        let ((rows, page), totals) = try_join(page, customer.totals(&query, cursor)).await?;
        let rows = rows.into_iter().map(|row| Line::of(row, args.level)).collect();
        Ok(report(&cx, account, (args.start_date, args.end_date), totals, rows, page))
    }
}

impl Args {
    fn query(&self) -> Query {
        let mut fields = vec!["campaign.id", "campaign.name"];
        if self.level == Level::AdGroup {
            fields.extend(["ad_group.id", "ad_group.name"]);
        }
        if self.by_day {
            fields.push("segments.date");
        }
        fields.extend(FIELDS);
        let mut query = Query::select(&fields)
            .from(if self.level == Level::AdGroup { "ad_group" } else { "campaign" })
            .filter("segments.date", Test::Between(self.start_date.into(), self.end_date.into()));
        if let Some(ids) = &self.campaign_ids {
            query = query.filter("campaign.id", Test::any_of(ids.iter().copied()));
        }
        if self.by_day {
            query = query.order_by("segments.date", Direction::Ascending);
        }
        // The ids make the order total: pages neither repeat nor skip a row.
        query =
            query.order_by("metrics.cost_micros", Direction::Descending).order_by("campaign.id", Direction::Ascending);
        match self.level {
            Level::Campaign => query,
            Level::AdGroup => query.order_by("ad_group.id", Direction::Ascending),
        }
    }
}

impl Line {
    fn of(row: Row, level: Level) -> Self {
        let (ad_group_id, ad_group) = match level {
            Level::Campaign => (None, None),
            Level::AdGroup => (Some(row.ad_group.id), Some(row.ad_group.name)),
        };
        Self {
            date: row.segments.date,
            campaign_id: row.campaign.id,
            campaign: row.campaign.name,
            ad_group_id,
            ad_group,
            figures: row.metrics.into(),
        }
    }
}
