//! `get_performance`: figures of campaigns, from a report that Amazon makes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Account, Cost, Cursor, Cx, LongTool, NamesAccounts, Progress, ToolError, ToolSpec, Touches,
    answers::{Figures, Heading, Report},
};

use super::figures::{self, FRESHNESS, is_of, note};
use crate::{
    api::Row,
    arguments::{Day, Ids, MaxRows, ProfileId, check_days},
    report::{self, Advance, Job, Question},
};

pub(super) struct GetPerformance;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// First day, in the account's time zone; at most 95 days ago.
    start_date: Day,
    /// Last day, included; at most 31 days in all.
    end_date: Day,
    /// One row per campaign and day rather than one per campaign for the whole period.
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

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A campaign, over the period or on one day.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    campaign_id: String,
    campaign: String,
    /// When the report was made.
    status: String,
    #[serde(flatten)]
    figures: Figures,
}

impl LongTool for GetPerformance {
    type Args = Args;
    type Job = Job;
    type Answer = Report<Line>;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Heavy,
        ..ToolSpec::read(
            "get_performance",
            "Get performance",
            "Impressions, clicks, cost, conversions and sales of the Sponsored Products campaigns of one account, for the \
             whole period or by day, dearest first, with totals over all rows. Campaigns without impressions are left \
             out. Amazon makes a report for it, which takes minutes: `status: pending` means to ask get_job.",
        )
    };

    async fn begin(args: &Args, cx: &Cx) -> Result<Progress<Job, Report<Line>>, ToolError> {
        check_days(args.days(), cx.now())?;
        let account = args.account_id.get(cx)?;
        args.answer(cx, account, args.question().begin(cx, account, args, args.cursor.as_ref()).await?)
    }

    async fn poll(args: &Args, job: Job, cx: &Cx) -> Result<Progress<Job, Report<Line>>, ToolError> {
        let account = args.account_id.get(cx)?;
        args.answer(cx, account, report::look(cx, account, job).await?)
    }
}

impl Args {
    fn days(&self) -> (Day, Day) {
        (self.start_date, self.end_date)
    }

    fn question(&self) -> Question {
        let (by_day, days) = (self.by_day, self.days());
        let about = &["campaignId", "campaignName", "campaignStatus"];
        Question { kind: "spCampaigns", group_by: "campaign", about, by_day, days }
    }

    fn answer(&self, cx: &Cx, account: &Account, report: Advance) -> Result<Progress<Job, Report<Line>>, ToolError> {
        let mut report = match report {
            Progress::Done(report) => report,
            Progress::Pending { job, poll_after } => return Ok(Progress::Pending { job, poll_after }),
        };
        report.rows.retain(|row| is_of(row, self.campaign_ids.as_ref()));
        report.rows.sort_by(|a, b| {
            a.date.cmp(&b.date).then(b.cost.cmp(&a.cost)).then_with(|| a.campaign_id.cmp(&b.campaign_id))
        });
        let totals = self.cursor.is_none().then(|| figures::total(&report.rows));
        let (rows, page) = report.cut(cx, self, self.max_rows, self.cursor.as_ref())?;
        let note = (page.total == Some(0)).then(|| note("no campaign that was asked for had an impression"));
        let (days, now, freshness) = (self.days(), cx.now(), FRESHNESS);
        let heading = Heading { account, days, now, freshness, note, totals };
        Ok(Progress::Done(Report::new(heading, rows.into_iter().map(Line::from).collect(), page)))
    }
}

impl From<Row> for Line {
    fn from(row: Row) -> Self {
        Self {
            figures: figures::of(&row),
            date: row.date,
            campaign_id: row.campaign_id.to_string(),
            campaign: row.campaign_name.unwrap_or_default(),
            status: row.campaign_status.unwrap_or_default(),
        }
    }
}
