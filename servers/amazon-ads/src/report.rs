//! Reports: asked for, waited for, fetched.
//!
//! <https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/get-started>. Amazon makes a report in minutes, at
//! times in hours, and then gives a link to a file. The link is good for an hour and is asked for anew with each look, so
//! that it is kept nowhere; the report itself stays, and each page is cut from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use turnpike_core::{Class, Fault};
use turnpike_sdk::{Account, Cursor, Cx, Effect, LINK_REFUSED, Page, Progress, Request, ToolError, answers::cut_at};

use crate::{
    api::{Configuration, NewReport, ReportState, Row},
    arguments::{Day, MaxRows},
    errors::{duplicate_of, is_report_id},
};

const CREATE: &str = "application/vnd.createasyncreportrequest.v3+json";
const CREATED: &str = "application/vnd.createasyncreportresponse.v3+json";
const STATE: &str = "application/vnd.getasyncreportresponse.v3+json";
const FIGURES: [&str; 5] = ["impressions", "clicks", "cost", "purchases7d", "sales7d"];
/// Between two looks. A small report is there in seconds; the others are not hurried by being looked at.
const PAUSES: [u64; 8] = [1, 2, 5, 10, 30, 60, 120, 300];

/// What is to be reported.
pub(crate) struct Question {
    pub(crate) kind: &'static str,
    pub(crate) group_by: &'static str,
    /// The columns that say what a row is about; those of figures are the same in each.
    pub(crate) about: &'static [&'static str],
    pub(crate) by_day: bool,
    pub(crate) days: (Day, Day),
}

/// A report that Amazon is making. Ids only: this is kept in the store.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    report: String,
    /// How often it was looked at.
    looks: usize,
}

/// A report that is there.
pub(crate) struct Report {
    id: String,
    pub(crate) rows: Vec<Row>,
}

/// Where the next page starts: in which report, and after how many rows.
#[derive(Serialize, Deserialize)]
struct Place {
    report: String,
    skip: usize,
}

/// How far a report has come.
pub(crate) type Advance = Progress<Job, Report>;

impl Question {
    /// Asks for the report, or goes back to the one that a cursor was cut from.
    pub(crate) async fn begin(
        &self,
        cx: &Cx,
        account: &Account,
        args: &impl Serialize,
        cursor: Option<&Cursor>,
    ) -> Result<Advance, ToolError> {
        if let Some(cursor) = cursor {
            let Place { report, .. } = cx.open_cursor(args, cursor)?;
            return Job { report, looks: 0 }.start(cx, account, true).await;
        }
        // Asked twice it is the same report: this may be sent again.
        let request = Request::post("/reporting/reports", &self.wire(), Effect::Read)?
            .media_types(CREATE, CREATED)
            .counted_as("reports")
            .account(&account.id);
        let response = cx.send(request).await?;
        let (report, ready) = match duplicate_of(&response) {
            Some(report) => (report, false),
            None => {
                let state: ReportState = response.json()?;
                (state.report_id, state.status == "COMPLETED")
            }
        };
        if !is_report_id(&report) {
            return Err(Fault::new(Class::Upstream, "Amazon named the report in a way that is no id").into());
        }
        // The same question as before has its report already.
        Job { report, looks: 0 }.start(cx, account, ready).await
    }

    fn wire(&self) -> NewReport {
        let (start, end) = self.days;
        let date = self.by_day.then_some("date");
        NewReport {
            name: format!("{} {start} to {end}", self.kind),
            start_date: start.to_string(),
            end_date: end.to_string(),
            configuration: Configuration {
                ad_product: "SPONSORED_PRODUCTS",
                group_by: [self.group_by],
                columns: date.into_iter().chain(self.about.iter().copied()).chain(FIGURES).collect(),
                report_type_id: self.kind,
                time_unit: if self.by_day { "DAILY" } else { "SUMMARY" },
                format: "GZIP_JSON",
            },
        }
    }
}

/// Looks once how far the report has come, and fetches it when it is there.
pub(crate) async fn look(cx: &Cx, account: &Account, job: Job) -> Result<Advance, ToolError> {
    let state = match state(cx, account, &job.report).await {
        // Being told to look less often is no reason to lose what is being made.
        Err(ToolError::Upstream(Fault { class: Class::RateStorm | Class::QuotaDaily, retry_at: Some(at), .. })) => {
            let poll_after = at.since(cx.now()).max(job.pause());
            return Ok(Progress::Pending { job: Job { looks: job.looks + 1, ..job }, poll_after });
        }
        state => state?,
    };
    match state.status.as_str() {
        "COMPLETED" => Ok(Progress::Done(Report { rows: fetch(cx, account, state).await?, id: job.report })),
        "PENDING" | "PROCESSING" => Ok(job.later()),
        _ => Err(failed(&state)),
    }
}

async fn state(cx: &Cx, account: &Account, report: &str) -> Result<ReportState, ToolError> {
    let request = Request::get(format!("/reporting/reports/{report}"))
        .header("accept", STATE)
        .counted_as("report-states")
        .account(&account.id);
    let response = cx.send(request).await.map_err(|fault| match fault.class {
        Class::BadRequest => ToolError::Refused {
            reason: "Amazon does not know this report any more".into(),
            next_step: "Ask the question again from the start, without `cursor`.".into(),
        },
        _ => fault.into(),
    })?;
    Ok(response.json()?)
}

/// The rows. A link that lapsed between two steps is asked for once more.
async fn fetch(cx: &Cx, account: &Account, state: ReportState) -> Result<Vec<Row>, ToolError> {
    let no_link = || Fault::new(Class::Upstream, "Amazon calls the report complete and gives no link to it");
    let file = match cx.download(&state.url.ok_or_else(no_link)?).await {
        Err(fault) if fault.code.as_deref() == Some(LINK_REFUSED) => {
            let again = self::state(cx, account, &state.report_id).await?;
            cx.download(&again.url.ok_or_else(no_link)?)
                .await
                .map_err(|fault| Fault { class: Class::Upstream, ..fault })?
        }
        file => file?,
    };
    let rows = serde_json::from_slice(&file);
    Ok(rows.map_err(|_| Fault::new(Class::Upstream, "Amazon's report is not the JSON that it promises"))?)
}

/// Amazon will not make it. That says nothing about Amazon's health, so that no breaker gets to know of it.
fn failed(state: &ReportState) -> ToolError {
    let reason: String = state.failure_reason.as_deref().unwrap_or("no reason given").chars().take(300).collect();
    let message = format!("Amazon did not make the report ({}: {reason})", state.status);
    Fault { code: Some(state.status.clone()), ..Fault::new(Class::Upstream, message) }.into()
}

impl Job {
    /// Looks at once when the report is ready and somebody waits for it.
    async fn start(self, cx: &Cx, account: &Account, ready: bool) -> Result<Advance, ToolError> {
        if ready && !cx.time_left().is_zero() { look(cx, account, self).await } else { Ok(self.later()) }
    }

    fn later(self) -> Advance {
        let poll_after = self.pause();
        Progress::Pending { job: Self { looks: self.looks + 1, ..self }, poll_after }
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(PAUSES[self.looks.min(PAUSES.len() - 1)])
    }
}

impl Report {
    /// The page that `cursor` names, or the first.
    pub(crate) fn cut(
        self,
        cx: &Cx,
        args: &impl Serialize,
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<Row>, Page), ToolError> {
        let place: Option<Place> = cursor.map(|cursor| cx.open_cursor(args, cursor)).transpose()?;
        let skip = place.map_or(0, |place| place.skip);
        Ok(cut_at(cx, self.rows, args, max_rows, skip, |end| Place { report: self.id, skip: end }))
    }
}
