//! Work that outlasts its call: kept in the store before the call is answered, and taken up again by `get_job`.
//!
//! A job belongs to the caller that began it, as previews and cursors do: another key of the same tenant may be narrower. The
//! call that delivers its result pays, once; those before were `pending`, those after are `replayed`.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use turnpike_core::{Class, JobId, Outcome, Timestamp};
use turnpike_sdk::{Advance, BoxFuture, Cx, Prepared, PreparedLong, PreparedRead, Progress, ToolError};
use turnpike_store::{JobRow, JobState, StoreError, TenantStore};

use super::{Answer, Call, Refusal, background::LONGEST, reply::too_large, work::timed_out};
use crate::{Face, Gateway, gateway::Connected};

/// How long a job is kept: the slowest upstream takes four hours and keeps its result for one.
const LIFE: Duration = Duration::from_secs(5 * 3600);
/// When to ask for a read that goes on here.
const READ_PAUSE: Duration = Duration::from_secs(10);
/// An answered call is in the ledger by then, or nobody was answered.
const LOST_AFTER: Duration = Duration::from_secs(60);

/// Class of the refusal of every job id that is not the caller's.
pub(crate) const UNKNOWN_JOB: &str = "unknown_job";

/// What a tool's work came to.
type Worked = Result<Value, ToolError>;

impl Gateway {
    /// Finds the job that `get_job` asks for, and makes the call one of the tool whose work it is.
    pub(super) async fn take_up(&self, call: &mut Call, connected: &Connected, id: &str) -> Result<Prepared, Refusal> {
        let job = self.find_job(call, connected, id).await?;
        let face = Face::One(call.found.manifest().name);
        call.found = self.servers.find(&face, &job.tool).ok_or_else(unknown_job)?;
        self.check_scope(call)?;
        let arguments = serde_json::from_str(&job.arguments_json).map_err(|_| Refusal::internal())?;
        call.job = Some(job);
        Ok(call.found.tool().prepare(arguments)?)
    }

    /// The job, if it is this caller's, of this connection, and its time is not over. One answer for all else.
    pub(super) async fn find_job(&self, call: &Call, connected: &Connected, id: &str) -> Result<JobRow, Refusal> {
        let id: JobId = id.parse().map_err(|_| unknown_job())?;
        let found = self.jobs(call).find_job(id, self.ambient.now()).await.map_err(|error| store_failed(&error))?;
        let ours =
            |job: &JobRow| job.connection_id == connected.connection.id && job.principal == call.caller.principal;
        found.filter(ours).ok_or_else(unknown_job)
    }

    /// A read, whose work goes on without its call when that has to be answered.
    pub(super) async fn read(
        &self,
        call: &mut Call,
        cx: Cx,
        read: Box<dyn PreparedRead>,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, Refusal> {
        let mut reading = read.call(cx);
        match timeout(call.found.spec().timeout * 15 / 16, &mut reading).await {
            Ok(worked) if call.job.is_some() => self.ended(call, worked).await,
            Ok(worked) => Ok(success(worked?)),
            Err(_) => self.read_on(call, reading, place).await,
        }
    }

    /// Begins, and looks again while the call's time lasts.
    pub(super) async fn long(
        &self,
        call: &mut Call,
        cx: &Cx,
        work: &dyn PreparedLong,
        background: bool,
    ) -> Result<Answer, Refusal> {
        let deadline = call.began.plus(call.found.spec().timeout * 7 / 8);
        let mut progress = work.begin(cx).await?;
        loop {
            let (upstream, pause) = match progress {
                Progress::Done(value) => return Ok(success(done(value))),
                Progress::Pending { job, poll_after } => (job, poll_after),
            };
            let left = deadline.since(self.ambient.now());
            if background || left <= pause {
                return self.pending(call, Some(&upstream), pause).await;
            }
            cx.pause(pause).await;
            progress = match timeout(left - pause, work.poll(&upstream, cx)).await {
                Ok(Err(error)) if upstream_may_recover(&error) => {
                    return self.pending(call, Some(&upstream), pause).await;
                }
                Ok(polled) => polled?,
                Err(_) => return self.pending(call, Some(&upstream), pause).await,
            };
        }
    }

    /// Goes on with a job: what is stored, or one look.
    pub(super) async fn go_on(
        &self,
        call: &mut Call,
        cx: Cx,
        prepared: Prepared,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, Refusal> {
        let job = call.job.as_ref().ok_or_else(Refusal::internal)?;
        let now = self.ambient.now();
        match (job.state, prepared) {
            (JobState::Pending, _) if self.background.is_running(job.id) => Ok(pending(job, now)),
            // Asked too early: the upstream has said when.
            (JobState::Pending, Prepared::Long { .. }) if now < job.poll_at => Ok(pending(job, now)),
            (JobState::Pending, Prepared::Long { work, .. }) => self.look(call, &cx, &*work).await,
            (JobState::Pending, Prepared::Read(read)) => {
                // It may have ended since it was found. If not, the process that was at it is another one, or gone.
                let job = self.find_again(call, job.id).await?;
                let pending = job.state == JobState::Pending;
                call.job = Some(job);
                if pending { self.read(call, cx, read, place).await } else { self.stored(call).await }
            }
            (JobState::Pending, _) => Err(Refusal::internal()),
            _ => self.stored(call).await,
        }
    }

    /// One look how far the upstream has come.
    async fn look(&self, call: &mut Call, cx: &Cx, work: &dyn PreparedLong) -> Result<Answer, Refusal> {
        let job = call.job.as_ref().ok_or_else(Refusal::internal)?;
        let upstream = job.upstream_json.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let upstream = upstream.ok_or_else(Refusal::internal)?;
        let looked = caught(work.poll(&upstream, cx)).await;
        match looked {
            Ok(Advance::Pending { job, poll_after }) => self.pending(call, Some(&job), poll_after).await,
            Ok(Advance::Done(value)) => self.ended(call, Ok(value)).await,
            Err(error) => self.ended(call, Err(error)).await,
        }
    }

    /// Lets a read go on without its call, if there is a place for it.
    async fn read_on(
        &self,
        call: &mut Call,
        reading: BoxFuture<'static, Worked>,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, Refusal> {
        let id = call.job.as_ref().map_or_else(|| self.ambient.id(), |job| job.id);
        let (tenant, most) = (call.caller.tenant, self.limits.tenant_background);
        let Some(slot) = self.background.take(id, tenant, most) else { return Err(timed_out(call)) };
        let kept = self.keep_job(call, id, None, READ_PAUSE).await?;
        if let Some(lane) = &call.lane {
            lane.extend(self.ambient.now().plus(LONGEST));
        }
        let (rows, ambient, most) = (self.jobs(call), self.ambient.clone(), self.limits.answer_characters);
        self.background.spawn(slot, async move {
            let _place = place;
            let worked = timeout(LONGEST, caught(reading)).await.unwrap_or_else(|_| Err(too_long()));
            // A failure that may pass leaves the job pending: whoever asks for it begins again.
            if let Ok(end) = End::of(worked, most)
                && let Err(error) = end.store(&rows, id, ambient.now()).await
            {
                tracing::error!(job_id = %id, %error, "the end of a job was not stored");
            }
        });
        if call.called.spec().name == call.found.spec().name {
            // A plain read's answer has no room for it.
            let seconds = seconds_until(kept.poll_at, self.ambient.now());
            let message = format!("no answer within {} seconds; the work goes on", call.found.spec().timeout.as_secs());
            let next = format!("Wait {seconds} seconds, then call get_job with the job_id {id}");
            return Err(Refusal::new(Outcome::Pending, "pending", message).next(next));
        }
        Ok(pending(&kept, self.ambient.now()))
    }

    /// Answers that it takes longer, once that is in the store.
    async fn pending(&self, call: &mut Call, upstream: Option<&Value>, pause: Duration) -> Result<Answer, Refusal> {
        let id = call.job.as_ref().map_or_else(|| self.ambient.id(), |job| job.id);
        let job = self.keep_job(call, id, upstream, pause).await?;
        match job.state {
            JobState::Pending => Ok(pending(&job, self.ambient.now())),
            _ => self.stored(call).await,
        }
    }

    /// Keeps a new job, or how far one has come that is there already.
    async fn keep_job(
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

    /// A job's work has ended, or has failed in a way that may pass.
    async fn ended(&self, call: &mut Call, worked: Worked) -> Result<Answer, Refusal> {
        let end = End::of(worked, self.limits.answer_characters)?;
        let id = call.job.as_ref().map(|job| job.id).ok_or_else(Refusal::internal)?;
        end.store(&self.jobs(call), id, self.ambient.now()).await.map_err(|error| store_failed(&error))?;
        call.job = Some(self.find_again(call, id).await?);
        self.stored(call).await
    }

    /// What an ended job came to.
    async fn stored(&self, call: &Call) -> Result<Answer, Refusal> {
        let job = call.job.as_ref().ok_or_else(Refusal::internal)?;
        let value = job.result_json.as_deref().and_then(|json| serde_json::from_str(json).ok());
        match (job.state, value) {
            (JobState::Done, Some(value)) => {
                let now = self.ambient.now();
                let paid = self.jobs(call).deliver_job(job.id, call.id, now, now.minus(LOST_AFTER)).await;
                let (outcome, kept_since) = match paid.map_err(|error| store_failed(&error))? {
                    true => (Outcome::Success, None),
                    false => (Outcome::Replayed, Some(job.updated_at)),
                };
                Ok(Answer { outcome, value, kept_since })
            }
            (JobState::Failed, Some(why)) if why["class"] == Refusal::internal().class => Err(Refusal::internal()),
            (JobState::Failed, Some(why)) => {
                let words = |name: &str| why[name].as_str().unwrap_or_default().to_owned();
                Err(Refusal::new(Outcome::CallerFault, "job_failed", words("message")).next(words("next_step")))
            }
            (JobState::Cancelled, _) => {
                Err(Refusal::new(Outcome::CallerFault, "job_cancelled", "this job was cancelled")
                    .next("Call the tool that began it once more."))
            }
            _ => Err(Refusal::internal()),
        }
    }

    async fn find_again(&self, call: &Call, id: JobId) -> Result<JobRow, Refusal> {
        let found = self.jobs(call).find_job(id, self.ambient.now()).await.map_err(|error| store_failed(&error))?;
        found.ok_or_else(unknown_job)
    }

    pub(super) fn jobs(&self, call: &Call) -> TenantStore {
        self.store.tenant(call.caller.tenant)
    }
}

/// How a job's work has ended, as it is stored.
struct End {
    state: JobState,
    json: String,
}

impl End {
    /// Gives a failure back that may pass.
    fn of(worked: Worked, most: usize) -> Result<Self, ToolError> {
        let json = match worked {
            Ok(value) => done(value).to_string(),
            Err(error) if may_pass(&error) => return Err(error),
            Err(error) => return Ok(Self::failed(&error.into())),
        };
        match json.len() > most {
            true => Ok(Self::failed(&too_large(json.len(), most))),
            false => Ok(Self { state: JobState::Done, json }),
        }
    }

    fn failed(refusal: &Refusal) -> Self {
        Self { state: JobState::Failed, json: refusal.details(None).to_string() }
    }

    async fn store(&self, rows: &TenantStore, id: JobId, now: Timestamp) -> Result<(), StoreError> {
        rows.finish_job(id, self.state, Some(&self.json), now).await.map(drop)
    }
}

/// Whether looking again may help: neither the upstream nor the tool has said its last word.
fn may_pass(error: &ToolError) -> bool {
    matches!(error, ToolError::Upstream(fault) if !matches!(fault.class, Class::BadRequest | Class::Permission))
}

/// Whether what was begun goes on by itself although this look has failed.
fn upstream_may_recover(error: &ToolError) -> bool {
    let passing = [Class::Upstream, Class::RateStorm, Class::QuotaDaily, Class::InProgress];
    matches!(error, ToolError::Upstream(fault) if passing.contains(&fault.class))
}

/// A job must end also when its tool panics.
async fn caught<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(ToolError::Bug("a job has panicked".into())))
}

fn success(value: Value) -> Answer {
    Answer { outcome: Outcome::Success, value, kept_since: None }
}

fn done(mut value: Value) -> Value {
    value["status"] = "done".into();
    value
}

fn pending(job: &JobRow, now: Timestamp) -> Answer {
    let value = json!({ "status": "pending", "job_id": job.id, "poll_after_seconds": seconds_until(job.poll_at, now) });
    Answer { outcome: Outcome::Pending, value, kept_since: None }
}

/// At least one.
pub(super) fn seconds_until(at: Timestamp, now: Timestamp) -> u64 {
    at.since(now).as_millis().div_ceil(1000).max(1) as u64
}

fn too_long() -> ToolError {
    ToolError::Refused {
        reason: format!("no answer within {} minutes", LONGEST.as_secs() / 60),
        next_step: "Ask for less, for example fewer days or rows.".into(),
    }
}

fn too_many_jobs(most: i64) -> Refusal {
    let message = format!("{most} results of this organisation are kept or awaited already");
    Refusal::new(Outcome::Throttled, "too_many_jobs", message)
        .whose("your organisation's limit of jobs at the same time")
        .next("Each is kept for five hours. Ask for less, or without `background`, so that the answer comes at once.")
}

fn unknown_job() -> Refusal {
    let message = "`job_id`: it is not a job of this caller on this server, or its time is over";
    Refusal::new(Outcome::CallerFault, UNKNOWN_JOB, message)
        .next("Send the `job_id` exactly as it was given, or call the tool that gave it once more.")
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "a job cannot be stored");
    Refusal::internal()
}
