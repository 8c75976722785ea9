//! Work that outlasted the call that began it: what is needed to go on, and the result until its time is over.

use turnpike_core::{CallId, ConnectionId, JobId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table, value::words};

words! {
    /// How far a job has come.
    JobState {
        /// Not done.
        Pending = "pending",
        /// The result is here.
        Done = "done",
        /// There will be no result.
        Failed = "failed",
        /// Whoever began it no longer wants it.
        Cancelled = "cancelled",
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// The connection that the work goes through.
    pub connection_id: ConnectionId,
    /// Who began it; only the same may ask for it.
    pub principal: String,
    /// The integration.
    pub integration: String,
    /// The tool whose work it is.
    pub tool: String,
    /// The arguments it was begun with, as JSON.
    pub arguments_json: String,
    /// Under which ids the upstream works on it, as JSON; `None` for a read that is simply made again.
    pub upstream_json: Option<String>,
    /// How far it has come.
    pub state: JobState,
    /// The result, or why there is none, as JSON.
    pub result_json: Option<String>,
    /// When it was kept.
    pub created_at: Timestamp,
    /// When to look next.
    pub poll_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// The call that gave the result out first, and pays for it.
    pub delivered_by: Option<CallId>,
    /// When it did.
    pub delivered_at: Option<Timestamp>,
}

table!(JobRow {
    id,
    connection_id,
    principal,
    integration,
    tool,
    arguments_json,
    upstream_json,
    state,
    result_json,
    created_at,
    poll_at,
    expires_at,
    updated_at,
    delivered_by,
    delivered_at,
});

impl TenantStore {
    /// Keeps a job unless the tenant has `most` already; whether it did.
    pub async fn insert_job(&self, job: &JobRow, most: i64) -> Result<bool, StoreError> {
        let sql = concat!(
            "INSERT INTO jobs (tenant_id, ",
            columns!(),
            ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16 ",
            "WHERE (SELECT COUNT(*) FROM jobs WHERE tenant_id = $1 AND expires_at > $11) < $17"
        );
        let mut arguments = columns!(job).to_vec();
        arguments.push(&most);
        self.0.changes(sql, &arguments).await.map_err(|error| error.of_insert("job"))
    }

    /// The job with that id, if its time is not over.
    pub async fn find_job(&self, id: JobId, now: Timestamp) -> Result<Option<JobRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM jobs WHERE tenant_id = $1 AND id = $2 AND expires_at > $3");
        self.0.find(sql, &[&id, &now]).await
    }

    /// The jobs whose time is not over, newest first.
    pub async fn list_jobs(&self, now: Timestamp, limit: i64) -> Result<Vec<JobRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE tenant_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT $3"
        );
        self.0.list(sql, &[&now, &limit]).await
    }

    /// Notes how far a pending job has come at the upstream; false when it is no longer pending.
    pub async fn advance_job(
        &self,
        id: JobId,
        upstream_json: Option<&str>,
        poll_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE jobs SET upstream_json = $3, poll_at = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2 AND state = $6";
        self.0.changes(sql, &[&id, &upstream_json, &poll_at, &now, &JobState::Pending]).await
    }

    /// Notes how a pending job has ended; false when that is known already.
    pub async fn finish_job(
        &self,
        id: JobId,
        state: JobState,
        result_json: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE jobs SET state = $3, result_json = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2 AND state = $6";
        self.0.changes(sql, &[&id, &state, &result_json, &now, &JobState::Pending]).await
    }

    /// Lets one call give the result of a done job out and pay for it; false when another has. A call that has not come
    /// into the ledger since `lost_before` does not count: nobody was answered.
    pub async fn deliver_job(
        &self,
        id: JobId,
        call_id: CallId,
        now: Timestamp,
        lost_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE jobs SET delivered_by = $3, delivered_at = $4, updated_at = $4 \
                   WHERE tenant_id = $1 AND id = $2 AND state = $6 AND (delivered_by IS NULL OR (delivered_at < $5 AND NOT EXISTS \
                   (SELECT 1 FROM calls WHERE calls.tenant_id = jobs.tenant_id AND calls.call_id = jobs.delivered_by \
                   AND calls.started_at >= jobs.created_at - 86400000000)))";
        self.0.changes(sql, &[&id, &call_id, &now, &lost_before, &JobState::Done]).await
    }
}

impl SystemStore {
    /// All tenants' jobs whose time is not over, newest first.
    pub async fn list_all_jobs(&self, now: Timestamp, limit: i64) -> Result<Vec<(TenantId, JobRow)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM jobs WHERE expires_at > $1 ORDER BY created_at DESC, id DESC LIMIT $2"
        );
        self.0.list(sql, &[&now, &limit]).await
    }

    /// Forgets the jobs whose time is over; how many they were.
    pub async fn delete_expired_jobs(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM jobs WHERE expires_at <= $1", &[&now]).await
    }
}
