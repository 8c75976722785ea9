//! The plans that PostgreSQL tells of: `auto_explain` sends each as a notice to whoever asked.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};
use turnpike_testkit::TestDatabase;

/// What has been told and not taken.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::postgres::notice" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Told {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }
}

/// Listens to the plans of every new connection to a database.
pub(crate) struct Plans {
    told: Told,
    _guard: DefaultGuard,
}

impl Plans {
    pub(crate) async fn listen(database: &TestDatabase) -> Self {
        let mut admin = PgConnection::connect(&database.admin_url).await.unwrap();
        let (name,): (String,) = sqlx::query_as("SELECT current_database()::text").fetch_one(&mut admin).await.unwrap();
        sqlx::raw_sql("LOAD 'auto_explain'").execute(&mut admin).await.unwrap();
        let settings = [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_analyze = on",
            "auto_explain.log_buffers = on",
            "auto_explain.log_format = json",
            "auto_explain.log_level = notice",
        ];
        for setting in settings {
            let sql = format!("ALTER DATABASE {name} SET {setting}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        }
        let told = Told::default();
        let _guard = tracing_subscriber::registry().with(told.clone()).set_default();
        Self { told, _guard }
    }

    /// Those told since the last time.
    pub(crate) fn take(&self) -> Vec<Plan> {
        let told = std::mem::take(&mut *self.told.0.lock().unwrap());
        told.iter().filter_map(|text| Plan::read(text)).collect()
    }
}

/// What became of one statement.
pub(crate) struct Plan {
    pub(crate) millis: f64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) buffers: f64,
}

/// A node of a plan that ran.
pub(crate) struct Node {
    pub(crate) kind: String,
    /// Of a scan: its table.
    pub(crate) table: Option<String>,
    pub(crate) index: Option<String>,
    /// All that it looked at, over all loops; of a sort: what it sorted.
    pub(crate) rows: f64,
    /// Whether it puts rows in order for sums by group, which no index of calls could.
    pub(crate) for_sums: bool,
    /// Its own time, without that of the nodes below it.
    pub(crate) millis: f64,
}

impl Plan {
    fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix("duration: ")?;
        let (millis, json) = text.split_once(" ms  plan:\n")?;
        let json: Value = serde_json::from_str(json).unwrap();
        let mut plan = Self { millis: millis.parse().unwrap(), nodes: vec![], buffers: buffers(&json["Plan"]) };
        plan.add(&json["Plan"], "");
        Some(plan)
    }

    fn add(&mut self, node: &Value, above: &str) {
        let number = |node: &Value, name: &str| node[name].as_f64().unwrap_or(0.0);
        let loops = number(node, "Actual Loops");
        let below: Vec<&Value> = node["Plans"].as_array().into_iter().flatten().collect();
        // Inside a BitmapAnd nothing has rows of its own, and what a filter threw away was looked at.
        let kind = node["Node Type"].as_str().unwrap_or_default().to_owned();
        let seen = number(node, "Actual Rows")
            + number(node, "Rows Removed by Filter")
            + number(node, "Rows Removed by Index Recheck")
            + number(node, "Rows Removed by Join Filter");
        let rows = match kind.as_str() {
            "Sort" => below.iter().map(|node| number(node, "Actual Rows") * number(node, "Actual Loops")).sum(),
            _ => seen * loops,
        };
        let time = |node: &Value| number(node, "Actual Total Time") * number(node, "Actual Loops");
        let millis = time(node) - below.iter().map(|node| time(node)).sum::<f64>();
        let text = |name: &str| node[name].as_str().map(str::to_owned);
        if loops > 0.0 {
            let (kind, for_sums) = (kind.clone(), above == "Aggregate");
            self.nodes.push(Node {
                kind,
                for_sums,
                table: text("Relation Name"),
                index: text("Index Name"),
                rows,
                millis,
            });
        }
        below.into_iter().for_each(|node| self.add(node, &kind));
    }

    /// The parts of the ledger that were really looked into.
    pub(crate) fn parts(&self) -> BTreeSet<&str> {
        self.nodes.iter().filter_map(|node| node.table.as_deref()).filter(|table| table.starts_with("calls_")).collect()
    }

    /// The rows that scans looked at, of whatever table.
    pub(crate) fn touched(&self) -> f64 {
        self.nodes.iter().filter(|node| node.table.is_some()).map(|node| node.rows).sum()
    }
}

fn buffers(node: &Value) -> f64 {
    node["Shared Hit Blocks"].as_f64().unwrap_or(0.0) + node["Shared Read Blocks"].as_f64().unwrap_or(0.0)
}
