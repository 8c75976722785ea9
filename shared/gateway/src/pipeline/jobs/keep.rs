//! Keeping a job, and saying that it is not done.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{JobId, Outcome, Timestamp};
use turnpike_store::{JobRow, JobState};

use super::{store_failed, unknown_job};
use crate::{
    Gateway, RefusalClass,
    pipeline::{Answer, Call, Refusal},
};

/// How long a job is kept: the slowest upstream takes four hours and keeps its result for one.
const LIFE: Duration = Duration::from_secs(5 * 3600);

impl Gateway {
    /// Answers that it takes longer, once that is in the store.
    pub(super) async fn pending(
        &self,
        call: &mut Call,
        upstream: Option<&Value>,
        pause: Duration,
    ) -> Result<Answer, Refusal> {
        let id = call.job.as_ref().map_or_else(|| self.ambient.id(), |job| job.id);
        let job = self.keep_job(call, id, upstream, pause).await?;
        match job.state {
            JobState::Pending => Ok(pending(&job, self.ambient.now())),
            _ => self.stored(call).await,
        }
    }

    /// Keeps a new job, or how far one has come that is there already.
    pub(super) async fn keep_job(
        &self,
        call: &mut Call,
        id: JobId,
        upstream: Option<&Value>,
        pause: Duration,
    ) -> Result<JobRow, Refusal> {
        let (rows, now) = (self.jobs(call), self.ambient.now());
        let upstream_json = upstream.map(Value::to_string);
        let poll_at = now.plus(pause);
        let job = match call.job.take() {
            Some(job) => {
                let kept = rows.advance_job(id, upstream_json.as_deref(), poll_at, now).await;
                match kept.map_err(|error| store_failed(&error))? {
                    true => JobRow { upstream_json, poll_at, updated_at: now, ..job },
                    false => self.find_again(call, id).await?,
                }
            }
            None => {
                let job = self.new_job(call, id, upstream_json, now, poll_at)?;
                let kept = rows.insert_job(&job, self.limits.tenant_jobs).await;
                if !kept.map_err(|error| store_failed(&error))? {
                    return Err(too_many_jobs(self.limits.tenant_jobs));
                }
                job
            }
        };
        call.job = Some(job.clone());
        Ok(job)
    }

    fn new_job(
        &self,
        call: &Call,
        id: JobId,
        upstream_json: Option<String>,
        now: Timestamp,
        poll_at: Timestamp,
    ) -> Result<JobRow, Refusal> {
        let connected = call.connected.as_ref().ok_or_else(Refusal::internal)?;
        Ok(JobRow {
            id,
            connection_id: connected.connection.id,
            principal: call.caller.principal.clone(),
            integration: call.found.manifest().name.into(),
            tool: call.found.spec().name.into(),
            arguments_json: call.arguments.clone(),
            upstream_json,
            state: JobState::Pending,
            result_json: None,
            created_at: now,
            poll_at,
            expires_at: now.plus(LIFE),
            updated_at: now,
            delivered_by: None,
            delivered_at: None,
        })
    }

    pub(super) async fn find_again(&self, call: &Call, id: JobId) -> Result<JobRow, Refusal> {
        let found = self.jobs(call).find_job(id, self.ambient.now()).await.map_err(|error| store_failed(&error))?;
        found.ok_or_else(unknown_job)
    }
}

pub(super) fn pending(job: &JobRow, now: Timestamp) -> Answer {
    let value = json!({ "status": "pending", "job_id": job.id, "poll_after_seconds": seconds_until(job.poll_at, now) });
    Answer { outcome: Outcome::Pending, value, kept_since: None }
}

/// At least one.
pub(crate) fn seconds_until(at: Timestamp, now: Timestamp) -> u64 {
    at.since(now).as_millis().div_ceil(1000).max(1) as u64
}

fn too_many_jobs(most: i64) -> Refusal {
    let message = format!("{most} results of this organisation are kept or awaited already");
    Refusal::new(Outcome::Throttled, RefusalClass::TooManyJobs, message)
        .whose("your organisation's limit of jobs at the same time")
        .next("Each is kept for five hours. Ask for less, or without `background`, so that the answer comes at once.")
}
