//! The guard of all writes: preview first, then confirm exactly what was previewed.
//!
//! A preview is bound to the tenant, the connection, the caller, the tool, the arguments and the value that was observed. A
//! confirmation runs once: the store lets one call claim the preview, and the same confirmation again gets the stored answer.

use std::time::Duration;

use serde_json::Value;
use turnpike_core::{Class, Fault, Outcome, PreviewId};
use turnpike_sdk::{Cx, Planned, PreparedWrite, ToolError, WriteAnswer, WriteStatus};
use turnpike_store::{Intent, NewPreview, PreviewRow, PreviewState, StoreError};

use super::{Answer, Call, Refusal};
use crate::Gateway;

/// How long a preview can be confirmed.
const PREVIEW_LIFE: Duration = Duration::from_secs(600);

impl Gateway {
    /// Observes, plans, asks the upstream to check, and remembers what was previewed.
    pub(super) async fn preview(&self, call: &Call, cx: &Cx, steps: &dyn PreparedWrite) -> Result<Answer, Refusal> {
        let before = steps.observe(cx).await?;
        let plan = steps.plan(&before)?;
        if plan.after == before {
            return answer(Outcome::DryRun, &written(WriteStatus::Unchanged, &before, plan));
        }
        steps.dry_run(&plan.after, cx).await?;

        let id: PreviewId = self.ambient.id();
        let now = self.ambient.now();
        let expires_at = now.plus(PREVIEW_LIFE);
        let preview = NewPreview {
            id,
            connection_id: connection_id(call)?,
            principal: call.caller.principal.clone(),
            integration: call.found.manifest().name.into(),
            tool: call.found.spec().name.into(),
            arguments_digest: call.digest.clone(),
            before_json: before.to_string(),
            after_json: plan.after.to_string(),
            summary: plan.summary.clone(),
            created_at: now,
            expires_at,
        };
        self.store.tenant(call.caller.tenant).insert_preview(&preview).await.map_err(|error| store_failed(&error))?;
        let shown = WriteAnswer {
            preview_id: Some(id.to_string()),
            expires_at: Some(expires_at.to_string()),
            ..written(WriteStatus::Preview, &before, plan)
        };
        answer(Outcome::DryRun, &shown)
    }

    /// Makes the previewed change, unless the value has moved since.
    pub(super) async fn confirm(
        &self,
        call: &Call,
        cx: &Cx,
        steps: &dyn PreparedWrite,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let preview = self.find_preview(call, id).await?;
        match preview.state {
            PreviewState::Open => {}
            PreviewState::Applied => return replayed(&preview),
            PreviewState::Failed => {
                return Err(refused(
                    "preview_failed",
                    "the upstream refused this change when it was confirmed",
                    "Preview it again.",
                ));
            }
            PreviewState::Claimed | PreviewState::Unknown => return Err(outcome_unknown()),
        }
        let before = steps.observe(cx).await?;
        if serde_json::from_str::<Value>(&preview.before_json).ok().as_ref() != Some(&before) {
            let message = "the value has changed since the preview, so nothing was sent";
            return Err(refused("moved", message, "Preview again to see the present value, then decide."));
        }
        let mut plan = steps.plan(&before)?;
        self.claim(call, &preview).await?;
        match steps.apply(&plan.after, cx).await {
            Ok(()) => match steps.observe(cx).await {
                Ok(after) if after == plan.after => self.applied(call, &preview, &before, plan).await,
                Ok(_) => self.unknown(call, &preview).await,
                Err(_) => {
                    plan.warnings.push("The change was accepted but could not be read back.".into());
                    self.applied(call, &preview, &before, plan).await
                }
            },
            // An upstream that fails may have acted all the same.
            Err(ToolError::Upstream(fault)) if fault.unanswered || fault.class == Class::Upstream => {
                self.read_back(call, cx, steps, &preview, &before, plan, fault).await
            }
            Err(error) => {
                self.finish(call, &preview, PreviewState::Failed, None).await?;
                Err(error.into())
            }
        }
    }

    /// The preview, if it is this caller's, for this tool and these arguments, and not too old. One answer for all else.
    async fn find_preview(&self, call: &Call, id: &str) -> Result<PreviewRow, Refusal> {
        let unknown = || {
            let message = "`preview_id`: it is not the preview of these arguments by this caller, or it has lapsed";
            refused(
                "unknown_preview",
                message,
                "Leave `preview_id` out to preview the change, then confirm with exactly the same arguments.",
            )
        };
        let id: PreviewId = id.parse().map_err(|_| unknown())?;
        let found =
            self.store.tenant(call.caller.tenant).find_preview(id).await.map_err(|error| store_failed(&error))?;
        let connection = connection_id(call)?;
        found
            .filter(|preview| {
                preview.connection_id == connection
                    && preview.principal == call.caller.principal
                    && preview.arguments_digest == call.digest
                    && (preview.expires_at > self.ambient.now() || preview.state != PreviewState::Open)
            })
            .ok_or_else(unknown)
    }

    /// The intent is in the store before the upstream sees anything; of two confirmations at once, one goes on.
    async fn claim(&self, call: &Call, preview: &PreviewRow) -> Result<(), Refusal> {
        let tenant = self.store.tenant(call.caller.tenant);
        let now = self.ambient.now();
        if !tenant.claim_preview(preview.id, call.id, now).await.map_err(|error| store_failed(&error))? {
            return Err(outcome_unknown());
        }
        let intent = Intent {
            call_id: call.id,
            connection_id: preview.connection_id,
            principal: call.caller.principal.clone(),
            integration: preview.integration.clone(),
            tool: preview.tool.clone(),
            arguments_digest: call.digest.clone(),
            started_at: now,
        };
        tenant.insert_intent(&intent).await.map_err(|error| store_failed(&error))
    }

    /// Made: the answer is kept for whoever confirms again. When it cannot be kept, the change is made all the same.
    async fn applied(
        &self,
        call: &Call,
        preview: &PreviewRow,
        before: &Value,
        plan: Planned,
    ) -> Result<Answer, Refusal> {
        let answer = answer(Outcome::Success, &written(WriteStatus::Applied, before, plan))?;
        // What failed is in the log; confirming again will be told that the outcome is not known.
        let _ = self.finish(call, preview, PreviewState::Applied, Some(&answer.value.to_string())).await;
        Ok(answer)
    }

    /// Sent, and nobody can tell what came of it.
    async fn unknown(&self, call: &Call, preview: &PreviewRow) -> Result<Answer, Refusal> {
        let _ = self.finish(call, preview, PreviewState::Unknown, None).await;
        Err(outcome_unknown())
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

    async fn finish(
        &self,
        call: &Call,
        preview: &PreviewRow,
        state: PreviewState,
        answer: Option<&str>,
    ) -> Result<(), Refusal> {
        let now = self.ambient.now();
        let tenant = self.store.tenant(call.caller.tenant);
        tenant.finish_preview(preview.id, state, answer, now).await.map(drop).map_err(|error| store_failed(&error))
    }
}

fn written(status: WriteStatus, before: &Value, plan: Planned) -> WriteAnswer<Value> {
    WriteAnswer {
        status,
        summary: plan.summary,
        before: before.clone(),
        after: plan.after,
        warnings: plan.warnings,
        preview_id: None,
        expires_at: None,
    }
}

fn answer(outcome: Outcome, value: &WriteAnswer<Value>) -> Result<Answer, Refusal> {
    let value = serde_json::to_value(value).map_err(|_| Refusal::internal())?;
    Ok(Answer { outcome, value, kept_since: None })
}

fn replayed(preview: &PreviewRow) -> Result<Answer, Refusal> {
    let value = preview
        .answer_json
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or_else(Refusal::internal)?;
    Ok(Answer { outcome: Outcome::Replayed, value, kept_since: Some(preview.updated_at) })
}

fn connection_id(call: &Call) -> Result<turnpike_core::ConnectionId, Refusal> {
    call.connected.as_ref().map(|connected| connected.connection.id).ok_or_else(Refusal::internal)
}

fn refused(class: &'static str, message: &str, next: &str) -> Refusal {
    Refusal::new(Outcome::CallerFault, class, message).next(next)
}

fn outcome_unknown() -> Refusal {
    let message = "this change was sent once already and its outcome is not known";
    refused("outcome_unknown", message, "Read the present value. If it is not what you want, preview the change again.")
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "a previewed write cannot be stored");
    Refusal::internal()
}
