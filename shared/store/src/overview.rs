//! What the operator sees of all tenants at once.

use std::time::Duration;

use turnpike_core::{TenantId, Timestamp};

use crate::{
    StoreError, SystemStore,
    row::{Scalar, from_row},
};

/// How long calls of one integration took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// The integration.
    pub integration: String,
    /// In what time 95 of 100 were done.
    pub p95: Duration,
}

from_row!(Latency { integration, p95 });

impl SystemStore {
    /// How many people belong to each tenant that has any.
    pub async fn count_members(&self) -> Result<Vec<(TenantId, i64)>, StoreError> {
        let sql = "SELECT tenant_id, COUNT(*) AS value FROM members GROUP BY tenant_id ORDER BY tenant_id";
        Ok(self.0.list(sql, &[]).await?.into_iter().map(|(tenant, Scalar(count))| (tenant, count)).collect())
    }

    /// How long the calls took that began at `since` or later and asked an upstream, by integration.
    pub async fn latency_by_integration(&self, since: Timestamp) -> Result<Vec<Latency>, StoreError> {
        let sql = "SELECT integration, MIN(duration_micros) AS p95 FROM (SELECT integration, duration_micros, \
                   ROW_NUMBER() OVER (PARTITION BY integration ORDER BY duration_micros) AS place, \
                   COUNT(*) OVER (PARTITION BY integration) AS total \
                   FROM calls WHERE started_at >= $1 AND upstream_requests > 0) AS ranked \
                   WHERE place * 100 >= total * 95 GROUP BY integration ORDER BY integration";
        self.0.list(sql, &[&since]).await
    }
}
