//! `get_performance`: figures of the account, its campaigns, ad sets or ads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Fault;
use turnpike_sdk::{
    Cost, Cursor, Cx, LongTool, NamesAccounts, Progress, Request, ToolError, ToolSpec, Touches,
    answers::{Heading, Report},
    try_join,
};

use crate::{
    api::Row,
    arguments::{AdAccountId, Day, Ids, MaxRows, days_in_order},
    errors::TOO_MUCH,
    graph::{AdAccount, Place},
    insights::{self, Breakdown, MetaFigures, Question, RowsOf, State},
};

pub(super) struct GetPerformance;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// First day, in the account's time zone; at most 37 months ago.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// One row per campaign (if left out), ad set or ad, or for the account as a whole.
    #[serde(default)]
    level: RowsOf,
    /// One row per day rather than one for the whole period.
    #[serde(default)]
    by_day: bool,
    /// Rows split by this as well. Takes longer.
    #[serde(default)]
    breakdown: Option<Breakdown>,
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

/// A report that Meta makes in the background.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    run: String,
    looks: u32,
}

/// One of the level asked for, over the period or on one day.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_set_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_set: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad: Option<String>,
    /// The value of the breakdown asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    breakdown_value: Option<String>,
    #[serde(flatten)]
    figures: MetaFigures,
}

type Answer = Report<Line, MetaFigures>;

impl LongTool for GetPerformance {
    type Args = Args;
    type Job = Job;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Heavy,
        ..ToolSpec::read(
            "get_performance",
            "Get performance",
            "Impressions, reach, clicks, cost, purchases and leads of one account by campaign, ad set or ad, for the whole \
             period (dearest first) or by day, with totals over all rows. What had no delivery has no row. Conversions are \
             purchases and leads together, by each ad set's own attribution setting.",
        )
    };

    async fn begin(args: &Args, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        let target = AdAccount::of(cx, args.account_id.get(cx)?);
        let (question, place) = (args.question(), target.open(args, args.cursor.as_ref())?);
        if let Some(run) = place.run.clone() {
            return args.answer(target, insights::of_run(target, &run), place).await.map(Progress::Done);
        }
        // Who does not wait gets a report to come back for.
        if !question.is_long() && !cx.time_left().is_zero() {
            match args.answer(target, question.at_once(target), place).await {
                Err(ToolError::Upstream(Fault { code: Some(code), .. })) if code == TOO_MUCH => {}
                answered => return answered.map(Progress::Done),
            }
        }
        let run = question.start(target).await?;
        Ok(Progress::Pending { job: Job { run, looks: 0 }, poll_after: insights::pause(0) })
    }

    async fn poll(args: &Args, Job { run, looks }: Job, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        let target = AdAccount::of(cx, args.account_id.get(cx)?);
        match insights::look(target, &run).await? {
            State::Working => {
                let (job, poll_after) = (Job { run, looks: looks + 1 }, insights::pause(looks));
                Ok(Progress::Pending { job, poll_after })
            }
            State::Ready => {
                let request = insights::of_run(target, &run);
                args.answer(target, request, Place::of_run(run)).await.map(Progress::Done)
            }
        }
    }
}

impl Args {
    fn question(&self) -> Question<'_> {
        Question {
            rows_of: self.level,
            by_day: self.by_day,
            breakdown: self.breakdown,
            days: (self.start_date, self.end_date),
            campaigns: self.campaign_ids.as_ref(),
        }
    }

    async fn answer(&self, target: AdAccount<'_>, request: Request, place: Place) -> Result<Answer, ToolError> {
        let question = self.question();
        let ((rows, page), totals) = try_join(target.rows::<Row>(request, self, self.max_rows, place), async {
            match self.cursor {
                None => question.totals(target).await.map(Some),
                Some(_) => Ok(None),
            }
        })
        .await?;
        let note =
            rows.is_empty().then(|| "Nothing was delivered in these days: Meta has no rows without delivery.".into());
        let rows = rows.into_iter().map(|row| self.line(row)).collect::<Result<_, _>>()?;
        let heading = Heading {
            account: target.account,
            days: question.days,
            now: target.cx.now(),
            freshness: "the present day still grows, and Meta adds conversions for days",
            note,
            totals,
        };
        Ok(Report::new(heading, rows, page))
    }

    fn line(&self, mut row: Row) -> Result<Line, Fault> {
        let figures = MetaFigures::try_from(&row)?;
        let breakdown_value = self.breakdown.and_then(|breakdown| row.more.remove(breakdown.word()));
        Ok(Line {
            figures,
            breakdown_value: breakdown_value.and_then(|value| value.as_str().map(str::to_owned)),
            date: self.by_day.then_some(row.date_start),
            campaign_id: row.campaign_id,
            campaign: row.campaign_name,
            ad_set_id: row.adset_id,
            ad_set: row.adset_name,
            ad_id: row.ad_id,
            ad: row.ad_name,
        })
    }
}
