//! A query from its start to its rows, over as many calls as it takes.
//!
//! Supermetrics answers at once or within the seconds we let it wait; else it gives a `schedule_id`, and the same query
//! with that id asks how far it has come (<https://docs.supermetrics.com/apidocs/async-queries>). A query may take four
//! hours, and its result is kept for one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Class, Fault};
use turnpike_sdk::{Account, Cx, ToolError, try_join};

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
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) keys: Vec<String>,
    pub(crate) query: Query,
}

/// How far a job has come.
pub(crate) enum Progress {
    /// The job with its ids, the rows asked for, and the totals where they were asked for.
    Done(Box<(Job, Table, Option<Table>)>),
    /// Not finished: the job with the ids to go on with, and when to ask again.
    Pending(Box<Job>, Duration),
}

impl Job {
    /// The account, which must still be on the connection's list: a job outlives the call that the pipeline has checked.
    pub(crate) fn account<'a>(&self, cx: &'a Cx) -> Result<&'a Account, ToolError> {
        cx.accounts().iter().find(|account| account.id == self.account).ok_or_else(|| ToolError::Refused {
            reason: format!("the account {} is no longer on this connection's list", self.account),
            next_step: "Call list_accounts for those that are.".into(),
        })
    }

    /// Starts what has not been started and waits while the tool's time lasts, or not at all.
    pub(crate) async fn advance(mut self, cx: &Cx, offset: usize, wait: bool) -> Result<Progress, ToolError> {
        let totals = self.totals.as_mut().filter(|_| offset == 0);
        let (rows, totals) = try_join(finish(cx, &self.account, &mut self.rows, wait), async {
            match totals {
                Some(totals) => Ok(Some(finish(cx, &self.account, &mut totals.query, wait).await?)),
                None => Ok(None),
            }
        })
        .await?;
        let (State::Done(rows), None | Some(State::Done(_))) = (&rows, &totals) else {
            return Ok(Progress::Pending(Box::new(self), poll_later(wait)));
        };
        let from = Table::read(rows, &self.keys)?;
        let table = match from.holds(offset, self.max_rows) {
            true => from.cut(offset, self.max_rows),
            false => {
                let window = Query {
                    offset_start: Some(offset),
                    offset_end: Some(offset.saturating_add(self.max_rows).saturating_sub(1)),
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
        Ok(Progress::Done(Box::new((self, table, totals))))
    }
}

enum State {
    Done(QueryResponse),
    Pending,
}

/// Asks until the query has ended or the time is nearly used up; `query` then holds its id.
async fn finish(cx: &Cx, account: &AccountId, query: &mut Query, wait: bool) -> Result<State, ToolError> {
    let began = cx.time_left();
    loop {
        query.sync_timeout = query.schedule_id.is_none().then(|| match wait {
            true => SYNC.min(cx.time_left().saturating_sub(RESERVE)).as_secs(),
            false => 0,
        });
        let answer = ask(cx, account, query).await?;
        query.sync_timeout = None;
        if has_ended(&answer)? {
            query.schedule_id = answer.meta.schedule_id.clone().or_else(|| query.schedule_id.take());
            return Ok(State::Done(answer));
        }
        query.schedule_id = answer.meta.schedule_id.or_else(|| query.schedule_id.take());
        if query.schedule_id.is_none() {
            return Err(Fault::new(Class::Upstream, "Supermetrics queued the query without an id to ask for").into());
        }
        let left = cx.time_left();
        let pause = pause(began.saturating_sub(left));
        if !wait || left < pause + RESERVE {
            return Ok(State::Pending);
        }
        cx.pause(pause).await;
    }
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

/// Whether the rows are there. A query that ended without rows is a failure; it says nothing about Supermetrics' health,
/// so no breaker gets to know of it.
fn has_ended(answer: &QueryResponse) -> Result<bool, ToolError> {
    let status = answer.meta.status_code.as_deref().unwrap_or_default().to_ascii_uppercase();
    match status.as_str() {
        "SUCCESS" => Ok(true),
        "FAILURE" | "STOPPED" | "PROCESS_EXITED" => {
            let id = answer.meta.request_id.as_deref().unwrap_or("unknown");
            let message = format!("the query ended without a result ({status}; Supermetrics' request id {id})");
            Err(Fault {
                code: Some(status),
                request_id: answer.meta.request_id.clone(),
                ..Fault::new(Class::Upstream, message)
            }
            .into())
        }
        // Rows without a word about their state are rows.
        "" => Ok(answer.data.is_some()),
        _ => Ok(false),
    }
}

/// The vendor's own client waits like this.
fn pause(waited: Duration) -> Duration {
    Duration::from_secs(match waited.as_secs() {
        0..5 => 1,
        5..20 => 2,
        _ => 5,
    })
}

/// What a pending answer asks the agent to wait: little when nothing was waited for yet.
fn poll_later(waited: bool) -> Duration {
    Duration::from_secs(if waited { 30 } else { 5 })
}
