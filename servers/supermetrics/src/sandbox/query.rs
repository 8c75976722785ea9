//! Queries: started, waited for, kept an hour.

use std::time::Duration;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{
    Supermetrics, VERSION,
    data::Asked,
    refusal::{REQUEST_ID, Refusal},
    world::Manner,
};

/// Rows in one answer at most.
const PAGE: usize = 1000;
/// How long a result is kept.
const KEPT: Duration = Duration::from_secs(3600);
/// How long a slow query takes.
const SLOW: Duration = Duration::from_secs(90);

/// A query under way, or its result.
pub(super) struct Stored {
    ready: Timestamp,
    failed: bool,
    echo: Value,
    header: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
}

impl Supermetrics {
    /// Starts a query, or says how far the one with its `schedule_id` has come.
    pub(super) fn query(&self, asked: &Asked) -> Result<Response, Refusal> {
        let now = self.ambient.now();
        let mut queries = self.queries();
        let custom = asked.schedule_id.as_deref();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if custom.is_some_and(|id| id.len() > 50 || !id.bytes().all(plain)) {
            return Err(Refusal::bad("schedule_id is invalid."));
        }
        if let Some((id, stored)) = custom.and_then(|id| Some((id, queries.get(id)?))) {
            if stored.ready.plus(KEPT) <= now {
                let code = "STATUS_NOT_FOUND";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, code, "Status not found", "The result is gone."));
            }
            return Ok(if stored.ready > now { waiting(id, "RUNNING") } else { stored.answer(id, asked) });
        }

        let checked = asked.check(now.to_utc().date_naive())?;
        let takes = if checked.account.manner == Manner::Slow { SLOW } else { Duration::ZERO };
        let id = custom.map_or_else(|| format!("q_{}", queries.len() + 1), str::to_owned);
        let stored = Stored {
            ready: now.plus(takes),
            failed: checked.account.manner == Manner::Failing,
            echo: checked.echo(),
            header: checked.headers.then(|| checked.header()),
            rows: checked.rows(),
        };
        // Nobody is kept waiting here: what would be ready within the time allowed is ready at once.
        let allowed = Duration::from_secs(asked.sync_timeout.unwrap_or(60));
        let answer = match takes > allowed || allowed.is_zero() {
            true => (StatusCode::ACCEPTED, waiting(&id, "QUEUED")).into_response(),
            false => stored.answer(&id, asked),
        };
        queries.insert(id, stored);
        Ok(answer)
    }
}

fn waiting(id: &str, status: &str) -> Response {
    let meta = json!({ "request_id": REQUEST_ID, "schedule_id": id, "status_code": status });
    Json(json!({ "meta": meta, "data": [] })).into_response()
}

impl Stored {
    fn answer(&self, id: &str, asked: &Asked) -> Response {
        if self.failed {
            return waiting(id, "FAILURE");
        }
        let start = asked.offset_start.unwrap_or(0).min(self.rows.len());
        let wanted = asked.offset_end.map_or(PAGE, |end| end.saturating_add(1).saturating_sub(start));
        let end = start.saturating_add(wanted.min(PAGE)).min(self.rows.len());
        let data: Vec<_> = self.header.iter().chain(&self.rows[start..end]).collect();
        // On another host, which a client that holds a key must not follow.
        let next = (end < self.rows.len()).then(|| {
            format!("https://elsewhere.example/{VERSION}/query/data/json?json=%7B%22schedule_id%22%3A%22{id}%22%7D")
        });
        Json(json!({
            "meta": {
                "request_id": REQUEST_ID, "schedule_id": id, "status_code": "SUCCESS", "query": self.echo,
                "result": {
                    "total_columns": self.echo["fields"].as_array().map_or(0, Vec::len), "total_rows": self.rows.len(),
                    "run_seconds": 0.2, "data_sampled": false, "cache_used": false, "cache_time": null,
                },
                "paginate": { "prev": null, "next": next },
            },
            "data": data,
        }))
        .into_response()
    }
}
