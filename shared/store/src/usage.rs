//! Sums over the ledger.

use turnpike_core::{Currency, Micros, Outcome, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::from_row};

/// The calls of one tool that ended alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    /// The integration.
    pub integration: String,
    /// The tool.
    pub tool: String,
    /// How the calls ended.
    pub outcome: Outcome,
    /// How many there were.
    pub calls: i64,
    /// How many requests the upstream got.
    pub upstream_requests: i64,
    /// How many units they used up.
    pub units: i64,
    /// How many rows the answers had.
    pub answer_rows: i64,
    /// What is charged for them.
    pub price: Micros,
    /// What they would cost by the tool's price.
    pub list_price: Micros,
    /// The currency of both.
    pub currency: Currency,
}

from_row!(UsageLine {
    integration,
    tool,
    outcome,
    calls,
    upstream_requests,
    units,
    answer_rows,
    price,
    list_price,
    currency
});

/// A sum is wider than what it sums up in PostgreSQL, hence the casts.
macro_rules! sums {
    () => {
        "integration, tool, outcome, currency, COUNT(*) AS calls, CAST(SUM(upstream_requests) AS BIGINT) AS upstream_requests, \
         CAST(SUM(units) AS BIGINT) AS units, CAST(SUM(answer_rows) AS BIGINT) AS answer_rows, CAST(SUM(price) AS BIGINT) AS price, CAST(SUM(list_price) AS BIGINT) AS list_price FROM calls "
    };
}

/// The calls of one integration in one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayLine {
    /// When the day begins, in UTC.
    pub day: Timestamp,
    /// The integration.
    pub integration: String,
    /// How many calls there were.
    pub calls: i64,
    /// How many of them failed.
    pub failures: i64,
    /// How many requests the upstream got.
    pub upstream_requests: i64,
    /// What is charged.
    pub price: Micros,
    /// Its currency.
    pub currency: Currency,
}

from_row!(DayLine { day, integration, calls, failures, upstream_requests, price, currency });

/// The calls of one tool in one day, for what they bring and cost. Those answered by a sandbox cost nobody anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostLine {
    /// When the day begins, in UTC.
    pub day: Timestamp,
    /// The integration.
    pub integration: String,
    /// The tool.
    pub tool: String,
    /// How many calls there were.
    pub calls: i64,
    /// How many units they used up.
    pub units: i64,
    /// How many requests the upstream got.
    pub upstream_requests: i64,
    /// How many rows the answers had.
    pub answer_rows: i64,
}

from_row!(CostLine { day, integration, tool, calls, units, upstream_requests, answer_rows });

/// The calls that ended alike and had the same price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceLine {
    /// How they ended.
    pub outcome: Outcome,
    /// By which version of the price book.
    pub price_version: i64,
    /// What a successful one costs without a plan.
    pub list_price: Micros,
    /// How many there were.
    pub calls: i64,
    /// How many units they used up.
    pub units: i64,
}

from_row!(PriceLine { outcome, price_version, list_price, calls, units });

/// Whether a call did not give its caller what it asked for: the outcomes of which [`Outcome::is_failure`] says so.
macro_rules! failed {
    () => {
        "outcome IN ('caller_fault', 'switched_off', 'throttled', 'breaker_open', 'upstream_fault', 'our_fault')"
    };
}
pub(crate) use failed;

impl TenantStore {
    /// Sums over the calls begun at `since` or later and before `until`, by tool, outcome and currency.
    pub async fn usage(&self, since: Timestamp, until: Timestamp) -> Result<Vec<UsageLine>, StoreError> {
        let sql = concat!(
            "SELECT ",
            sums!(),
            "WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 ",
            "GROUP BY integration, tool, outcome, currency ORDER BY integration, tool, outcome, currency"
        );
        self.0.list(sql, &[&since, &until]).await
    }

    /// Sums over the calls begun at `since` or later and before `until`, by UTC day, integration and currency.
    pub async fn usage_by_day(&self, since: Timestamp, until: Timestamp) -> Result<Vec<DayLine>, StoreError> {
        let sql = concat!(
            "SELECT started_at - started_at % 86400000000 AS day, integration, currency, COUNT(*) AS calls, ",
            "CAST(SUM(CASE WHEN ",
            failed!(),
            " THEN 1 ELSE 0 END) AS BIGINT) AS failures, ",
            "CAST(SUM(upstream_requests) AS BIGINT) AS upstream_requests, CAST(SUM(price) AS BIGINT) AS price FROM calls ",
            "WHERE tenant_id = $1 AND started_at >= $2 AND started_at < $3 ",
            "GROUP BY day, integration, currency ORDER BY day, integration, currency"
        );
        self.0.list(sql, &[&since, &until]).await
    }
}

impl SystemStore {
    /// The same sums for every tenant.
    pub async fn usage_by_tenant(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, UsageLine)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            sums!(),
            "WHERE started_at >= $1 AND started_at < $2 GROUP BY tenant_id, integration, tool, outcome, currency ",
            "ORDER BY tenant_id, integration, tool, outcome, currency"
        );
        self.0.list(sql, &[&since, &until]).await
    }

    /// Calls begun at `since` or later and before `until` by tenant, UTC day and tool, without those of sandboxes.
    pub async fn usage_by_tenant_and_day(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, CostLine)>, StoreError> {
        let sql = "SELECT tenant_id, started_at - started_at % 86400000000 AS day, integration, tool, COUNT(*) AS calls, \
                   CAST(SUM(units) AS BIGINT) AS units, CAST(SUM(upstream_requests) AS BIGINT) AS upstream_requests, \
                   CAST(SUM(answer_rows) AS BIGINT) AS answer_rows FROM calls \
                   WHERE started_at >= $1 AND started_at < $2 AND NOT sandbox \
                   GROUP BY tenant_id, day, integration, tool ORDER BY tenant_id, day, integration, tool";
        self.0.list(sql, &[&since, &until]).await
    }

    /// The same calls by tenant, outcome and price.
    pub async fn usage_by_price(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TenantId, PriceLine)>, StoreError> {
        let sql = "SELECT tenant_id, outcome, price_version, list_price, COUNT(*) AS calls, \
                   CAST(SUM(units) AS BIGINT) AS units FROM calls \
                   WHERE started_at >= $1 AND started_at < $2 AND NOT sandbox \
                   GROUP BY tenant_id, outcome, price_version, list_price \
                   ORDER BY tenant_id, outcome, price_version, list_price";
        self.0.list(sql, &[&since, &until]).await
    }
}
