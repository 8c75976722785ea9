//! How a confirmed write ends: applied, refused or unknown, and the same answer for whoever confirms again.

use std::time::Duration;

use serde_json::Value;
use turnpike_core::{Class, Fault, Outcome, PreviewId};
use turnpike_sdk::{Cx, Planned, PreparedWrite, ToolError, WriteAnswer, WriteStatus};
use turnpike_store::{PreviewRow, PreviewState};

use super::{answer, json, moved, refused, store_failed, unknown_preview, written};
use crate::{
    Gateway, RefusalClass,
    pipeline::{Answer, Call, Refusal},
};

/// How long a confirmation waits for an earlier one that is under way, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Gateway {
    /// Sends the change, once, and finds out what came of it.
    pub(super) async fn apply(
        &self,
        call: &Call,
        cx: &Cx,
        steps: &dyn PreparedWrite,
        preview: &PreviewRow,
        before: &Value,
        mut plan: Planned,
    ) -> Result<Answer, Refusal> {
        match steps.apply(&plan.after, cx).await {
            Ok(()) => match steps.observe(cx).await {
                Ok(after) if after == plan.after => self.applied(call, preview, before, plan).await,
                Ok(_) => self.unknown(call, preview).await,
                Err(_) => {
                    plan.warnings.push("The change was accepted but could not be read back.".into());
                    self.applied(call, preview, before, plan).await
                }
            },
            // An upstream that fails may have acted all the same.
            Err(ToolError::Upstream(fault)) if fault.unanswered || fault.class == Class::Upstream => {
                self.read_back(call, cx, steps, preview, before, plan, fault).await
            }
            Err(error) => {
                self.finish(call, preview, PreviewState::Failed, None).await?;
                Err(error.into())
            }
        }
    }

    /// Sent, and no good answer came: it is never sent again, the present value tells. The old value after no answer at all
    /// tells nothing, for the change may still be on its way.
    #[expect(clippy::too_many_arguments, reason = "the whole of one confirmation")]
    async fn read_back(
        &self,
        call: &Call,
        cx: &Cx,
        steps: &dyn PreparedWrite,
        preview: &PreviewRow,
        before: &Value,
        mut plan: Planned,
        fault: Fault,
    ) -> Result<Answer, Refusal> {
        match steps.observe(cx).await {
            Ok(now) if now == plan.after => {
                plan.warnings.push("The upstream gave no answer; reading back shows that the change was made.".into());
                self.applied(call, preview, before, plan).await
            }
            Ok(now) if now == *before && !fault.unanswered => {
                self.finish(call, preview, PreviewState::Failed, None).await?;
                let message = format!("{}; reading back shows that nothing has changed", fault.message);
                Err(Refusal::from(Fault::new(Class::Upstream, message)).next("Preview again, then confirm."))
            }
            _ => self.unknown(call, preview).await,
        }
    }

    /// Made. The preview with its end is what the change is taken back by: nothing is told as applied before it is kept.
    async fn applied(
        &self,
        call: &Call,
        preview: &PreviewRow,
        before: &Value,
        plan: Planned,
    ) -> Result<Answer, Refusal> {
        let change_id = Some(preview.id.to_string());
        let shown = WriteAnswer { change_id, ..written(WriteStatus::Applied, before, plan) };
        let answer = answer(Outcome::Success, &shown)?;
        match self.finish(call, preview, PreviewState::Applied, Some(&answer.value.to_string())).await {
            Ok(()) => Ok(answer),
            Err(_) => Err(Refusal::new(
                Outcome::OurFault,
                RefusalClass::NotRecorded,
                "the change was made and could not be recorded",
            )
            .next("Read the present value before you try again.")),
        }
    }

    /// Sent, and nobody can tell what came of it.
    async fn unknown(&self, call: &Call, preview: &PreviewRow) -> Result<Answer, Refusal> {
        // What failed is in the log: a preview that stays claimed is told in the same words.
        let _ = self.finish(call, preview, PreviewState::Unknown, None).await;
        Err(outcome_unknown())
    }

    async fn finish(
        &self,
        call: &Call,
        preview: &PreviewRow,
        state: PreviewState,
        answer: Option<&str>,
    ) -> Result<(), Refusal> {
        let now = self.ambient.now();
        let tenant = self.store.tenant(call.caller.tenant);
        tenant.finish_preview(preview.id, state, answer, now).await.map_err(|error| store_failed(&error))
    }

    /// Another value than the one previewed: another call has confirmed the same just now, or somebody has changed it.
    pub(super) async fn overtaken(
        &self,
        call: &Call,
        cx: &Cx,
        preview: &PreviewRow,
        differences: &str,
    ) -> Result<Answer, Refusal> {
        match self.state_of(call, preview.id).await?.state {
            PreviewState::Open => Err(moved(&format!("the value has changed since the preview: {differences}"))),
            _ => self.settled(call, cx, preview.id).await,
        }
    }

    /// What came of a preview that another call has claimed. One that is under way is waited for.
    pub(super) async fn settled(&self, call: &Call, cx: &Cx, id: PreviewId) -> Result<Answer, Refusal> {
        let until = self.ambient.now().plus(PATIENCE);
        let mut waits = true;
        loop {
            let preview = self.state_of(call, id).await?;
            match preview.state {
                PreviewState::Applied => return replayed(&preview),
                PreviewState::Failed => {
                    return Err(refused(
                        RefusalClass::PreviewFailed,
                        "the upstream refused this change when it was confirmed",
                        "Preview it again.",
                    ));
                }
                // A call that has ended between two looks is looked at once more.
                PreviewState::Claimed if waits => {
                    waits = self.is_under_way(call, &preview).await? && self.ambient.now() < until;
                    if waits {
                        cx.pause(LOOK_EVERY).await;
                    }
                }
                PreviewState::Claimed | PreviewState::Unknown => return Err(outcome_unknown()),
                // Its time was over just now, a person has denied it, or what it takes back is another call's by now.
                PreviewState::Open => return Err(moved("something else came before this confirmation")),
            }
        }
    }

    /// Whether the call that claimed a preview may still be at work: its end is not in the ledger, and it is not as old as
    /// no call becomes.
    async fn is_under_way(&self, call: &Call, preview: &PreviewRow) -> Result<bool, Refusal> {
        let Some(by) = preview.call_id else { return Ok(false) };
        let young = self.ambient.now().since(preview.updated_at) < call.found.spec().timeout * 2;
        let rows = self.store.tenant(call.caller.tenant);
        Ok(young && rows.find_call(by).await.map_err(|error| store_failed(&error))?.is_none())
    }

    async fn state_of(&self, call: &Call, id: PreviewId) -> Result<PreviewRow, Refusal> {
        let found = self.store.tenant(call.caller.tenant).find_preview(id).await;
        found.map_err(|error| store_failed(&error))?.ok_or_else(unknown_preview)
    }
}

fn replayed(preview: &PreviewRow) -> Result<Answer, Refusal> {
    let value = json(preview.answer_json.as_deref().unwrap_or_default())?;
    Ok(Answer { outcome: Outcome::Replayed, value, kept_since: Some(preview.updated_at) })
}

pub(super) fn outcome_unknown() -> Refusal {
    let message = "this change was sent once already and its outcome is not known";
    refused(
        RefusalClass::OutcomeUnknown,
        message,
        "Read the present value. If it is not what you want, preview the change again.",
    )
}
