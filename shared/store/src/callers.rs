//! Who called, and when last.

use turnpike_core::{TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::from_row, usage::failed};

/// The calls of one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerUse {
    /// Who called.
    pub principal: String,
    /// How often.
    pub calls: i64,
    /// When last.
    pub last_at: Timestamp,
    /// The program that called last, as it names itself.
    pub client: Option<String>,
}

/// The last calls of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCalls {
    /// When it called last.
    pub last_at: Timestamp,
    /// When a call of it failed last.
    pub failed_at: Option<Timestamp>,
    /// The class of that failure.
    pub failed_class: Option<String>,
}

/// The calls of one tenant to what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantUse {
    /// How many there were.
    pub calls: i64,
    /// When the last began.
    pub last_at: Timestamp,
}

from_row!(CallerUse { principal, calls, last_at, client });
from_row!(LastCalls { last_at, failed_at, failed_class });
from_row!(TenantUse { calls, last_at });

impl TenantStore {
    /// Who has called at `since` or later, who called last first.
    pub async fn list_callers(&self, since: Timestamp) -> Result<Vec<CallerUse>, StoreError> {
        let sql = "SELECT principal, calls, last_at, (SELECT client FROM calls WHERE tenant_id = $1 \
                   AND calls.principal = sums.principal AND started_at >= $2 ORDER BY started_at DESC, call_id DESC LIMIT 1) AS client \
                   FROM (SELECT principal, COUNT(*) AS calls, MAX(started_at) AS last_at FROM calls \
                   WHERE tenant_id = $1 AND started_at >= $2 GROUP BY principal) AS sums ORDER BY last_at DESC, principal";
        self.0.list(sql, &[&since]).await
    }
}

impl SystemStore {
    /// When each tenant that has called at `since` or later did so last, and when a call of it failed last.
    pub async fn last_calls_by_tenant(&self, since: Timestamp) -> Result<Vec<(TenantId, LastCalls)>, StoreError> {
        // By tenant, for which there are indexes: a look each, however many calls there were.
        let sql = concat!(
            "SELECT tenant_id, last_at, failed_at, failed_class FROM (SELECT id AS tenant_id, ",
            "(SELECT started_at FROM calls WHERE calls.tenant_id = tenants.id AND started_at >= $1 ORDER BY started_at DESC LIMIT 1) ",
            "AS last_at, (SELECT started_at FROM calls WHERE calls.tenant_id = tenants.id AND started_at >= $1 AND ",
            failed!(),
            " ORDER BY started_at DESC LIMIT 1) AS failed_at, ",
            "(SELECT class FROM calls WHERE calls.tenant_id = tenants.id AND started_at >= $1 AND ",
            failed!(),
            " ORDER BY started_at DESC LIMIT 1) AS failed_class FROM tenants) AS seen WHERE last_at IS NOT NULL ORDER BY tenant_id"
        );
        self.0.list(sql, &[&since]).await
    }

    /// Which tenants have called an integration, or one tool of it, at `since` or later; who called most first.
    pub async fn callers_of(
        &self,
        integration: &str,
        tool: Option<&str>,
        since: Timestamp,
    ) -> Result<Vec<(TenantId, TenantUse)>, StoreError> {
        let sql = "SELECT tenant_id, COUNT(*) AS calls, MAX(started_at) AS last_at FROM calls WHERE started_at >= $3 \
                   AND integration = $1 AND ($2 IS NULL OR tool = $2) GROUP BY tenant_id ORDER BY calls DESC, tenant_id";
        self.0.list(sql, &[&integration, &tool, &since]).await
    }
}
