//! How a job ends: stored before it is answered, given out as often as it is asked for, and paid for once.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use serde_json::Value;
use turnpike_core::{Class, JobId, Outcome, Timestamp};
use turnpike_sdk::ToolError;
use turnpike_store::{JobState, StoreError, TenantStore};

use super::{Worked, store_failed};
use crate::{
    Gateway, RefusalClass,
    pipeline::{Answer, Call, Refusal, reply::too_large},
};

/// An answered call is in the ledger by then, or nobody was answered.
const LOST_AFTER: Duration = Duration::from_secs(60);

impl Gateway {
    /// A job's work has ended, or has failed in a way that may pass.
    pub(super) async fn ended(&self, call: &mut Call, worked: Worked) -> Result<Answer, Refusal> {
        let end = End::of(worked, self.limits.answer_characters)?;
        let id = call.job.as_ref().map(|job| job.id).ok_or_else(Refusal::internal)?;
        end.store(&self.jobs(call), id, self.ambient.now()).await.map_err(|error| store_failed(&error))?;
        call.job = Some(self.find_again(call, id).await?);
        self.stored(call).await
    }

    /// What an ended job came to.
    pub(super) async fn stored(&self, call: &Call) -> Result<Answer, Refusal> {
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
            (JobState::Failed, Some(why)) if why["class"] == RefusalClass::Internal.as_str() => {
                Err(Refusal::internal())
            }
            (JobState::Failed, Some(why)) => {
                let words = |name: &str| why[name].as_str().unwrap_or_default().to_owned();
                Err(Refusal::new(Outcome::CallerFault, RefusalClass::JobFailed, words("message"))
                    .next(words("next_step")))
            }
            (JobState::Cancelled, _) => {
                Err(Refusal::new(Outcome::CallerFault, RefusalClass::JobCancelled, "this job was cancelled")
                    .next("Call the tool that began it once more."))
            }
            _ => Err(Refusal::internal()),
        }
    }
}

/// How a job's work has ended, as it is stored.
pub(super) struct End {
    state: JobState,
    json: String,
}

impl End {
    /// Gives a failure back that may pass.
    pub(super) fn of(worked: Worked, most: usize) -> Result<Self, ToolError> {
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

    pub(super) async fn store(&self, rows: &TenantStore, id: JobId, now: Timestamp) -> Result<(), StoreError> {
        rows.finish_job(id, self.state, Some(&self.json), now).await.map(drop)
    }
}

/// Whether looking again may help: neither the upstream nor the tool has said its last word.
fn may_pass(error: &ToolError) -> bool {
    matches!(error, ToolError::Upstream(fault) if !matches!(fault.class, Class::BadRequest | Class::Permission))
}

/// A job must end also when its tool panics.
pub(super) async fn caught<T>(work: impl Future<Output = Result<T, ToolError>>) -> Result<T, ToolError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(ToolError::Bug("a job has panicked".into())))
}

pub(super) fn done(mut value: Value) -> Value {
    value["status"] = "done".into();
    value
}
