//! Work that outlasts its call: kept in the store before the call is answered, and taken up again by `get_job`.
//!
//! A job belongs to the caller that began it, as previews and cursors do: another key of the same tenant may be narrower. The
//! call that delivers its result pays, once; those before were `pending`, those after are `replayed`.

mod background;
mod cancel;
mod end;
mod keep;

use std::time::Duration;

pub(crate) use background::Background;
use background::LONGEST;
use end::{End, caught, done};
use keep::pending;
pub(super) use keep::seconds_until;
use serde_json::Value;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use turnpike_core::{Class, JobId, Outcome};
use turnpike_sdk::{Advance, BoxFuture, Cx, Prepared, PreparedLong, PreparedRead, Progress, ToolError};
use turnpike_store::{JobRow, JobState, StoreError, TenantStore};

use super::{Answer, Call, Refusal, work::timed_out};
use crate::{Face, Gateway, RefusalClass, gateway::Connected};

/// When to ask for a read that goes on here.
const READ_PAUSE: Duration = Duration::from_secs(10);

/// What a tool's work came to.
type Worked = Result<Value, ToolError>;

impl Gateway {
    /// Finds the job that `get_job` asks for, and makes the call one of the tool whose work it is.
    pub(super) async fn take_up(&self, call: &mut Call, connected: &Connected, id: &str) -> Result<Prepared, Refusal> {
        let job = self.find_job(call, connected, id).await?;
        let face = Face::One(call.found.manifest().name);
        call.found = self.servers.find(&face, &job.tool).ok_or_else(unknown_job)?;
        self.check_tool(call)?;
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
        let begun = timeout(deadline.since(self.ambient.now()), work.begin(cx)).await;
        let mut progress = begun.map_err(|_| timed_out(call))??;
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
        let looked = timeout(call.found.spec().timeout * 15 / 16, caught(work.poll(&upstream, cx))).await;
        match looked.map_err(|_| timed_out(call))? {
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
        if kept.state != JobState::Pending {
            return self.stored(call).await;
        }
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
            let next = format!("Wait {seconds} seconds, then call get_job with {{\"job_id\": \"{id}\"}}.");
            return Err(Refusal::new(Outcome::Pending, RefusalClass::Pending, message).next(next));
        }
        Ok(pending(&kept, self.ambient.now()))
    }

    pub(super) fn jobs(&self, call: &Call) -> TenantStore {
        self.store.tenant(call.caller.tenant)
    }
}

/// Whether what was begun goes on by itself although this look has failed.
fn upstream_may_recover(error: &ToolError) -> bool {
    let passing = [Class::Upstream, Class::RateStorm, Class::QuotaDaily, Class::InProgress];
    matches!(error, ToolError::Upstream(fault) if passing.contains(&fault.class))
}

fn success(value: Value) -> Answer {
    Answer { outcome: Outcome::Success, value, kept_since: None }
}

fn too_long() -> ToolError {
    ToolError::Refused {
        reason: format!("no answer within {} minutes", LONGEST.as_secs() / 60),
        next_step: "Ask for less, for example fewer days or rows.".into(),
    }
}

fn unknown_job() -> Refusal {
    let message = "`job_id`: it is not a job of this caller on this server, or its time is over";
    Refusal::new(Outcome::CallerFault, RefusalClass::UnknownJob, message)
        .next("Send the `job_id` exactly as it was given, or call the tool that gave it once more.")
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "a job cannot be stored");
    Refusal::internal()
}
