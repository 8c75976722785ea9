//! The ledger: one row per call, added once and never changed.

use std::{sync::LazyLock, time::Duration};

use turnpike_core::{CallId, ConnectionId, Currency, GrantId, Micros, Outcome, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    db::Db,
    row::{Scalar, table},
    usage::failed,
    value::Argument,
};

/// A call in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// Its id; ids sort by time.
    pub call_id: CallId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The connection that it used, if it came that far.
    pub connection_id: Option<ConnectionId>,
    /// Who called.
    pub principal: String,
    /// The grant by which a person's agent called; none for keys, service agents and pages.
    pub grant_id: Option<GrantId>,
    /// The program that called, as it names itself.
    pub client: Option<String>,
    /// The integration.
    pub integration: String,
    /// The tool.
    pub tool: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The class of the error, if it was one.
    pub class: Option<String>,
    /// What a successful call of the tool costs without a plan.
    pub list_price: Micros,
    /// What this one costs without a plan, which depends on the outcome.
    pub price: Micros,
    /// The currency of both.
    pub currency: Currency,
    /// What it uses up of the plan, by the price book's version.
    pub units: i64,
    /// That version.
    pub price_version: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in microseconds.
    pub duration_micros: i64,
    /// How many requests the upstream got.
    pub upstream_requests: i64,
    /// How many rows its answer had, if it was one of rows.
    pub answer_rows: i64,
    /// Those requests, as JSON.
    pub steps: String,
    /// Digest of the arguments.
    pub arguments_digest: String,
    /// The trace that shows it.
    pub trace_id: Option<String>,
    /// Answered by the integration's sandbox.
    pub sandbox: bool,
}

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Begun at this instant or later.
    pub since: Option<Timestamp>,
    /// Begun before this instant.
    pub until: Option<Timestamp>,
    /// Of this integration.
    pub integration: Option<String>,
    /// Of this tool.
    pub tool: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// By this caller.
    pub principal: Option<String>,
    /// In this trace.
    pub trace_id: Option<String>,
    /// Only those that used units up.
    pub charged: bool,
    /// At most so many.
    pub limit: i64,
    /// Older than this call: the last of the page before.
    pub before: Option<CallId>,
}

table!(CallRow {
    call_id,
    tenant_id,
    connection_id,
    principal,
    grant_id,
    client,
    integration,
    tool,
    outcome,
    class,
    list_price,
    price,
    currency,
    units,
    price_version,
    started_at,
    duration_micros,
    upstream_requests,
    answer_rows,
    steps,
    arguments_digest,
    trace_id,
    sandbox,
});

impl TenantStore {
    /// Calls, newest first.
    pub async fn list_calls(&self, filter: &CallFilter) -> Result<Vec<CallRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM calls WHERE tenant_id = $1 AND ($2 IS NULL OR started_at >= $2) AND ($3 IS NULL OR started_at < $3) ",
            "AND ($4 IS NULL OR integration = $4) AND ($5 IS NULL OR tool = $5) AND ($6 IS NULL OR outcome = $6) ",
            "AND ($7 IS NULL OR principal = $7) AND ($8 IS NULL OR trace_id = $8) ",
            "AND ($9 IS NULL OR started_at < $9 OR (started_at = $9 AND call_id < $12)) AND ($9 IS NULL OR started_at <= $9) ",
            "AND (NOT $11 OR units > 0) ORDER BY started_at DESC, call_id DESC LIMIT $10"
        );
        let CallFilter { since, until, integration, tool, outcome, principal, trace_id, charged, limit, before } =
            filter;
        // In the order of time, which is the ledger's: its newest months are looked at first, and the older ones not at all.
        let from = match before {
            Some(call) => self.find_call(*call).await?.map(|call| call.started_at).or(call.made_at()),
            None => None,
        };
        let arguments: [&dyn Argument; 11] =
            [since, until, integration, tool, outcome, principal, trace_id, &from, limit, charged, before];
        self.0.list(sql, &arguments).await
    }

    /// Calls that did not give their caller what it asked for, newest first.
    pub async fn list_failed_calls(&self, limit: i64) -> Result<Vec<CallRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM calls WHERE tenant_id = $1 AND ",
            failed!(),
            " ORDER BY started_at DESC, call_id DESC LIMIT $2"
        );
        self.0.list(sql, &[&limit]).await
    }

    /// The call with that id.
    pub async fn find_call(&self, call_id: CallId) -> Result<Option<CallRow>, StoreError> {
        // An id tells when it was made, and that is when the call began: the month in which to look. A row that was brought from
        // elsewhere may have another instant, and is found a little later.
        let near = concat!(
            "SELECT ",
            columns!(),
            " FROM calls WHERE tenant_id = $1 AND call_id = $2 AND started_at >= $3 AND started_at < $4"
        );
        let anywhere = concat!("SELECT ", columns!(), " FROM calls WHERE tenant_id = $1 AND call_id = $2");
        if let Some(made_at) = call_id.made_at() {
            let found = self.0.find(near, &[&call_id, &made_at.minus(HOUR), &made_at.plus(HOUR)]).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        self.0.find(anywhere, &[&call_id]).await
    }

    /// The first call of a caller at `since` or later.
    pub async fn find_first_call(&self, principal: &str, since: Timestamp) -> Result<Option<CallRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM calls WHERE tenant_id = $1 AND principal = $2 AND started_at >= $3 ORDER BY started_at, call_id LIMIT 1"
        );
        self.0.find(sql, &[&principal, &since]).await
    }
}

/// How far the instant in a call's id may be from the one at which it began.
const HOUR: Duration = Duration::from_secs(3600);

/// Rows per statement. Each size is a statement of its own that stays prepared, so their number is kept small.
const BATCH: usize = 64;

/// The inserts of 1, 2, … rows.
type Inserts = LazyLock<[String; BATCH]>;

/// SQLite looks each numbered place up in the list of all: in a statement of a thousand that takes far longer than the
/// insert, so here they go without numbers.
static SQLITE: Inserts = LazyLock::new(|| inserts(|_| "?".into()));

static POSTGRES: Inserts = LazyLock::new(|| inserts(|place| format!("${place}")));

fn inserts(place: fn(usize) -> String) -> [String; BATCH] {
    let width = columns!().split(',').count();
    let row = |n| {
        let places: Vec<_> = (n * width + 1..=(n + 1) * width).map(place).collect();
        format!("({})", places.join(", "))
    };
    std::array::from_fn(|last| {
        let rows: Vec<_> = (0..=last).map(row).collect();
        format!("INSERT INTO calls ({}) VALUES {}", columns!(), rows.join(", "))
    })
}

impl SystemStore {
    /// Adds rows of any tenants, all or none.
    pub async fn insert_calls(&self, rows: &[CallRow]) -> Result<(), StoreError> {
        let mut session = if rows.len() <= BATCH { self.0.write().await? } else { self.0.transaction().await? };
        let inserts = match &*self.0.db {
            Db::Sqlite { .. } => &*SQLITE,
            Db::Postgres(_) => &*POSTGRES,
        };
        for batch in rows.chunks(BATCH) {
            let arguments: Vec<_> = batch.iter().flat_map(|row| columns!(row)).collect();
            session.execute(&inserts[batch.len() - 1], &arguments).await.map_err(|error| error.of_insert("call"))?;
        }
        session.commit().await
    }

    /// The number of calls in the ledger.
    pub async fn count_calls(&self) -> Result<i64, StoreError> {
        let count = self.0.find("SELECT COUNT(*) AS value FROM calls", &[]).await?;
        Ok(count.map_or(0, |Scalar(count)| count))
    }
}
