//! Parts that several answers share.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Timestamp;
use turnpike_sdk::{Account, Cursor, Cx, JobId, JobStatus, Page, Period, ToolError};

use crate::{
    api::Query,
    job::{Job, MOST_ROWS, Progress},
    source,
    table::{Row, Table, micros},
};

/// Supermetrics has days begin where the source's account says, and does not tell where that is.
const ZONE: &str = "as set in the account at its data source";

/// The account that an answer is about.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountLine {
    account_id: String,
    name: String,
    data_source: String,
    /// Of every amount in this answer, where the data source tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

/// Rows, or word that they take longer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Report {
    status: JobStatus,
    /// Pending only: send it to get_job.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<JobId>,
    /// Pending only: how long to wait before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    poll_after_seconds: Option<u64>,
    account: AccountLine,
    period: Period,
    /// Which field of the data source each figure is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
    /// How fresh the figures are.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_as_of: Option<String>,
    /// True when the data source worked the figures out from a sample.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sampled: bool,
    /// Of all rows, also those on further pages; only on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Row>,
    /// One object per row, keyed by the names asked for. Null is unknown; `cost_micros` is in millionths.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<Row>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    /// True when the query stopped at 10,000 rows: narrow it to see the rest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    row_cap_reached: bool,
}

/// Where the next page of a tool's own cursor starts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    job: Job,
    offset: usize,
}

/// Starts a job, or goes on where the cursor points; the next cursor opens only for the same `args`.
pub(crate) async fn report<A, F>(
    cx: &Cx,
    args: &A,
    cursor: Option<&Cursor>,
    wait: bool,
    start: F,
) -> Result<Report, ToolError>
where
    A: Serialize + Sync,
    F: AsyncFnOnce() -> Result<Job, ToolError>,
{
    let place = match cursor {
        Some(cursor) => cx.open_cursor(args, cursor)?,
        None => Place { job: start().await?, offset: 0 },
    };
    let account = place.job.account(cx)?;
    let next = |job: &Job, offset| cx.cursor(args, &Place { job: job.clone(), offset });
    match place.job.clone().advance(cx, place.offset, wait).await? {
        Progress::Pending(job, after) => Ok(Report::pending(account, &job, cx.job(&job), after)),
        Progress::Done(done) => {
            let (job, rows, totals) = *done;
            Ok(Report::done(account, &job, cx.now(), place.offset, rows, totals, |offset| next(&job, offset)))
        }
    }
}

impl Report {
    pub(crate) fn pending(account: &Account, job: &Job, id: JobId, after: Duration) -> Self {
        Self {
            status: JobStatus::Pending,
            job_id: Some(id),
            poll_after_seconds: Some(after.as_secs()),
            ..Self::empty(account, job)
        }
    }

    pub(crate) fn done(
        account: &Account,
        job: &Job,
        now: Timestamp,
        offset: usize,
        table: Table,
        totals: Option<Table>,
        next: impl FnOnce(usize) -> Cursor,
    ) -> Self {
        let end = offset.saturating_add(table.rows.len());
        let more = (end as u64) < table.total && !table.rows.is_empty();
        let page = Page {
            shown: table.rows.len(),
            total: Some(table.total),
            truncated: more,
            next_cursor: more.then(|| next(end)),
        };
        let mut totals = totals.and_then(|table| table.rows.into_iter().next());
        let currency = totals.as_mut().and_then(|row| row.remove("currency"));
        let mut report = Self::empty(account, job);
        report.account.currency = currency.and_then(|value| value.as_str().map(str::to_owned));
        report.totals = totals.map(with_micros);
        report.data_as_of = Some(match table.cached_at {
            Some(at) => format!("{at}, kept by Supermetrics; data sources go on correcting recent days"),
            None => format!("{now}; data sources go on correcting recent days"),
        });
        report.sampled = table.sampled;
        report.rows = Some(table.rows.into_iter().map(with_micros).collect());
        report.page = Some(page);
        report.row_cap_reached = table.total >= MOST_ROWS.into();
        report
    }

    fn empty(account: &Account, job: &Job) -> Self {
        let Query { start_date, end_date, fields, .. } = &job.rows;
        Self {
            status: JobStatus::Done,
            job_id: None,
            poll_after_seconds: None,
            account: AccountLine {
                account_id: account.id.to_string(),
                name: account.name.clone(),
                data_source: source::parts(account).0.to_owned(),
                currency: None,
            },
            period: Period { start: start_date.clone(), end: end_date.clone(), time_zone: ZONE.into() },
            // Where they are called as the data source calls them there is nothing to say.
            fields: match &job.keys == fields {
                true => BTreeMap::new(),
                false => job.keys.iter().cloned().zip(fields.iter().cloned()).collect(),
            },
            data_as_of: None,
            sampled: false,
            totals: None,
            rows: None,
            page: None,
            row_cap_reached: false,
        }
    }
}

/// Adds the exact amount to a row that has `cost`.
fn with_micros(mut row: Row) -> Row {
    let cost = row.get("cost").filter(|cost| cost.is_number()).and_then(|cost| micros(&cost.to_string()));
    if let Some(micros) = cost {
        row.insert("cost_micros".into(), micros.into());
    }
    row
}
