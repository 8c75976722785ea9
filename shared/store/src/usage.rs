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
    /// What is charged for them.
    pub price: Micros,
    /// What they would cost by the tool's price.
    pub list_price: Micros,
    /// The currency of both.
    pub currency: Currency,
}

from_row!(UsageLine { integration, tool, outcome, calls, upstream_requests, price, list_price, currency });

/// A sum is wider than what it sums up in PostgreSQL, hence the casts.
macro_rules! sums {
    () => {
        "integration, tool, outcome, currency, COUNT(*) AS calls, CAST(SUM(upstream_requests) AS BIGINT) AS upstream_requests, \
         CAST(SUM(price) AS BIGINT) AS price, CAST(SUM(list_price) AS BIGINT) AS list_price FROM calls "
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
}
