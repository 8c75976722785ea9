//! A query from its start to its rows, over as many calls as it takes.
//!
//! Supermetrics answers at once or within the seconds we let it wait; else it gives a `schedule_id`, and the same query
//! with that id asks how far it has come (<https://docs.supermetrics.com/apidocs/async-queries>). A query may take four
//! hours, and its result is kept for one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Class, Fault};
use turnpike_sdk::{Cx, Progress, ToolError, try_join};

use crate::{
    api::{self, Query, QueryResponse},
    table::Table,
};

/// How long Supermetrics may keep the first request waiting: well below what the way out waits for an answer.
const SYNC: Duration = Duration::from_secs(15);
/// Kept for fetching the rows once a query has finished.
const RESERVE: Duration = Duration::from_secs(6);
/// Rows that Supermetrics works out at most: beyond it a narrower question serves an agent better.
pub(crate) const MOST_ROWS: u32 = 10_000;
/// Rows of one answer that are charged as one heavy call: Supermetrics sells rows.
pub(crate) const ROWS_CHARGED: u32 = 250;

/// What is being asked, and the ids under which Supermetrics works on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) account: AccountId,
    /// What we call each of the fields of `rows`, in their order.
    pub(crate) keys: Vec<String>,
    pub(crate) rows: Query,
    /// The same over everything: one row, without dimensions.
    pub(crate) totals: Option<Totals>,
    pub(crate) max_rows: usize,
    /// Where the page begins; totals come with the first one.
    #[serde(default)]
    pub(crate) offset: usize,
    /// For how many seconds it was waited for.
    #[serde(default)]
    pub(crate) waited: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) keys: Vec<String>,
    pub(crate) query: Query,
}

/// A job that has ended: with its ids, the rows of its page, and the totals of the first one.
pub(crate) struct Finished {
    pub(crate) job: Job,
    pub(crate) rows: Table,
    pub(crate) totals: Option<Table>,
}

impl Job {
    /// Starts what has not been started, or looks once how far it has come.
    pub(crate) async fn advance(mut self, cx: &Cx) -> Result<Progress<Self, Finished>, ToolError> {
        let first = self.offset == 0;
        let totals = self.totals.as_mut().filter(|_| first);
        let (rows, totals) = try_join(look(cx, &self.account, &mut self.rows), async {
            match totals {
                Some(totals) => Ok(Some(look(cx, &self.account, &mut totals.query).await?)),
                None => Ok(None),
            }
        })
        .await?;
        let (State::Done(rows), None | Some(State::Done(_))) = (&rows, &totals) else {
            let pause = pause(self.waited);
            self.waited += pause;
            return Ok(Progress::Pending { job: self, poll_after: Duration::from_secs(pause) });
        };
        let from = Table::read(rows, &self.keys)?;
        let table = match from.holds(self.offset, self.max_rows) {
            true => from.cut(self.offset, self.max_rows),
            false => {
                let window = Query {
                    offset_start: Some(self.offset),
                    offset_end: Some(self.offset.saturating_add(self.max_rows).saturating_sub(1)),
                    ..self.rows.clone()
                };
                let page = ask(cx, &self.account, &window).await?;
                Table::read(&page, &self.keys)?.cut(0, self.max_rows)
            }
        };
        let totals = match (totals, &self.totals) {
            (Some(State::Done(answer)), Some(totals)) => Some(Table::read(&answer, &totals.keys)?),
            _ => None,
        };
        Ok(Progress::Done(Finished { job: self, rows: table, totals }))
    }
}

enum State {
    Done(QueryResponse),
    Pending,
}

/// One look. The first starts the query, which may take a while before it is answered; `query` then holds its id.
async fn look(cx: &Cx, account: &AccountId, query: &mut Query) -> Result<State, ToolError> {
    let patience = SYNC.min(cx.time_left().saturating_sub(RESERVE)).as_secs();
    query.sync_timeout = query.schedule_id.is_none().then_some(patience);
    let answer = ask(cx, account, query).await?;
    query.sync_timeout = None;
    query.schedule_id = answer.meta.schedule_id.clone().or_else(|| query.schedule_id.take());
    if has_ended(&answer)? {
        return Ok(State::Done(answer));
    }
    if query.schedule_id.is_none() {
        return Err(Fault::new(Class::Upstream, "Supermetrics queued the query without an id to ask for").into());
    }
    Ok(State::Pending)
}

async fn ask(cx: &Cx, account: &AccountId, query: &Query) -> Result<QueryResponse, ToolError> {
    api::query(cx, account, query).await.map_err(|error| match error {
        ToolError::Upstream(fault) if fault.code.as_deref() == Some("STATUS_NOT_FOUND") => ToolError::Refused {
            reason: "Supermetrics keeps a result for an hour, and this one is gone".into(),
            next_step: "Ask the question again from the start, without `cursor`.".into(),
        },
        error => error,
    })
}

/// Whether the rows are there. A query that ended without rows is the query's misfortune: asking for it again is no use, and
/// it says nothing about Supermetrics' health, so no breaker gets to know of it.
fn has_ended(answer: &QueryResponse) -> Result<bool, ToolError> {
    let status = answer.meta.status_code.as_deref().unwrap_or_default().to_ascii_uppercase();
    match status.as_str() {
        "SUCCESS" => Ok(true),
        "FAILURE" | "STOPPED" | "PROCESS_EXITED" => {
            let id = answer.meta.request_id.as_deref().unwrap_or("unknown");
            Err(ToolError::Refused {
                reason: format!("the query ended without a result ({status}; Supermetrics' request id {id})"),
                next_step: "Ask again for fewer days or fields. If that fails too, Supermetrics can look the id up."
                    .into(),
            })
        }
        // Rows without a word about their state are rows.
        "" => Ok(answer.data.is_some()),
        _ => Ok(false),
    }
}

/// The vendor's own client waits like this.
fn pause(waited: u64) -> u64 {
    match waited {
        0..5 => 1,
        5..20 => 2,
        _ => 5,
    }
}
