//! What both tools answer that run queries.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_sdk::{
    Cursor, Cx, Page, Progress, ToolError,
    answers::{Heading, Report},
    arguments::Day,
};

use crate::{
    job::{Finished, Job, MOST_ROWS},
    table::Row,
};

/// Supermetrics has days begin where the source's account says, and does not tell where that is.
const ZONE: &str = "as set in the account at its data source";
/// What holds for all of them.
const FRESHNESS: &str = "data sources go on correcting recent days";

/// Rows keyed by the names asked for; null is unknown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    report: Report<Row, Row>,
    /// Which field of the data source each figure is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
    /// True when the data source worked the figures out from a sample.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sampled: bool,
    /// True when the query stopped at 10,000 rows: narrow it to see the rest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    row_cap_reached: bool,
}

/// Starts a job, or goes on where the cursor points.
pub(crate) async fn begin<A: Serialize + Sync>(
    cx: &Cx,
    args: &A,
    days: (Day, Day),
    cursor: Option<&Cursor>,
    start: impl Future<Output = Result<Job, ToolError>> + Send,
) -> Result<Progress<Job, Answer>, ToolError> {
    let job = match cursor {
        Some(cursor) => cx.open_cursor(args, cursor)?,
        None => start.await?,
    };
    advance(cx, args, days, job).await
}

/// One look at a job; the next cursor opens only for the same `args`.
pub(crate) async fn advance<A: Serialize + Sync>(
    cx: &Cx,
    args: &A,
    days: (Day, Day),
    job: Job,
) -> Result<Progress<Job, Answer>, ToolError> {
    Ok(match job.advance(cx).await? {
        Progress::Pending { job, poll_after } => Progress::Pending { job, poll_after },
        Progress::Done(finished) => Progress::Done(answer(cx, args, days, finished)?),
    })
}

fn answer(cx: &Cx, args: &impl Serialize, days: (Day, Day), finished: Finished) -> Result<Answer, ToolError> {
    let Finished { job, rows: table, totals } = finished;
    let end = job.offset.saturating_add(table.rows.len());
    let more = (end as u64) < table.total && !table.rows.is_empty();
    let next_cursor = more.then(|| cx.cursor(args, &Job { offset: end, ..job.clone() }));
    let page = Page::new(table.rows.len(), Some(table.total), next_cursor);
    let mut totals = totals.and_then(|table| table.rows.into_iter().next());
    let currency = totals.as_mut().and_then(|row| row.remove("currency"));

    let account = cx.account(&job.account)?;
    let heading = Heading { account, days, now: cx.now(), freshness: FRESHNESS, note: None, totals };
    let mut report = Report::new(heading, table.rows, page);
    report.account.currency = currency.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    report.period.time_zone = ZONE.into();
    if let Some(at) = table.cached_at {
        report.data_as_of = format!("{at}, kept by Supermetrics; {FRESHNESS}");
    }
    // Where they are called as the data source calls them there is nothing to say.
    let fields = match job.keys == job.rows.fields {
        true => BTreeMap::new(),
        false => job.keys.into_iter().zip(job.rows.fields).collect(),
    };
    Ok(Answer { report, fields, sampled: table.sampled, row_cap_reached: table.total >= MOST_ROWS.into() })
}
