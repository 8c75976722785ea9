//! The guard of all writes: preview first, then confirm exactly what was previewed.
//!
//! A preview is bound to the tenant, the connection, the caller, the tool, the arguments and the value that was observed. A
//! confirmation runs once: the store lets one call claim the preview, and the same confirmation again gets the stored answer.
//! An applied preview is the change itself, by which it can be taken back, through the same guard.

mod approval;
mod ending;
mod policy;
mod revert;

use std::time::Duration;

use serde_json::Value;
use turnpike_core::{ConnectionId, Outcome, PreviewId};
use turnpike_sdk::{Cx, Planned, PreparedWrite, WriteAnswer, WriteStatus};
use turnpike_store::{Intent, NewPreview, PreviewRow, PreviewState, StoreError};

pub use self::approval::APPROVAL_LIFE;
pub(super) use self::revert::Reverted;
use self::{
    ending::outcome_unknown,
    revert::{differences, plan, still_stands},
};
use super::{Answer, Call, Refusal};
use crate::{Gateway, RefusalClass};

/// How long a preview can be confirmed.
const PREVIEW_LIFE: Duration = Duration::from_secs(600);

impl Gateway {
    /// Observes, plans, asks policy and upstream, and remembers what was previewed.
    pub(super) async fn preview(&self, call: &Call, cx: &Cx, steps: &dyn PreparedWrite) -> Result<Answer, Refusal> {
        still_stands(call)?;
        let before = steps.observe(cx).await?;
        let plan = plan(call, steps, &before)?;
        if plan.after == before {
            return answer(Outcome::DryRun, &written(WriteStatus::Unchanged, &before, plan));
        }
        let needs_approval = self.judge(call, steps, &before, &plan.after).await?;
        steps.dry_run(&plan.after, cx).await?;

        let id: PreviewId = self.ambient.id();
        let now = self.ambient.now();
        let change = call.reverts.as_ref().map(|reverted| &reverted.change);
        let preview = NewPreview {
            id,
            connection_id: connection_id(call)?,
            principal: call.caller.principal.clone(),
            grant_id: call.caller.grant,
            integration: call.found.manifest().name.into(),
            tool: call.found.spec().name.into(),
            arguments_json: change.map_or(&call.arguments, |change| &change.arguments_json).clone(),
            arguments_digest: call.digest.clone(),
            reverts: change.map(|change| change.id),
            before_json: before.to_string(),
            after_json: plan.after.to_string(),
            summary: plan.summary.clone(),
            created_at: now,
            expires_at: now.plus(PREVIEW_LIFE),
        };
        self.store.tenant(call.caller.tenant).insert_preview(&preview).await.map_err(|error| store_failed(&error))?;
        let mut shown =
            WriteAnswer { preview_id: Some(id.to_string()), ..written(WriteStatus::Preview, &before, plan) };
        let mut expires_at = preview.expires_at;
        if let Some(reason) = needs_approval {
            let (asked, until) = self.request_approval(call, id, reason).await?;
            expires_at = until;
            shown.warnings.push(format!("A person must approve this before it can be confirmed: {}.", asked.reason));
            shown.approval = Some(approval::told(&self.public_url, asked));
        }
        shown.expires_at = Some(expires_at.to_string());
        answer(Outcome::DryRun, &shown)
    }

    /// Makes the previewed change, if policy and people still allow it and the value has not moved.
    pub(super) async fn confirm(
        &self,
        call: &Call,
        cx: &Cx,
        steps: &dyn PreparedWrite,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let preview = self.find_preview(call, id).await?;
        if preview.state != PreviewState::Open {
            return self.settled(call, cx, preview.id).await;
        }
        // All of this on what was previewed: nothing is sent for what may not be done.
        still_stands(call)?;
        let (from, to) = (json(&preview.before_json)?, json(&preview.after_json)?);
        let needs_approval = self.judge(call, steps, &from, &to).await?;
        self.check_approval(call, &preview, needs_approval).await?;

        let before = steps.observe(cx).await?;
        if before != from {
            return self.overtaken(call, cx, &preview, &differences(&from, &before)).await;
        }
        let plan = plan(call, steps, &before)?;
        if plan.after != to {
            return Err(moved("what these arguments lead to is no longer what was previewed"));
        }
        if !self.claim(call, &preview).await? {
            return self.settled(call, cx, preview.id).await;
        }
        self.apply(call, cx, steps, &preview, &before, plan).await
    }

    /// The preview, if it is this caller's, for this tool and these arguments. One answer for all else.
    async fn find_preview(&self, call: &Call, id: &str) -> Result<PreviewRow, Refusal> {
        let id: PreviewId = id.parse().map_err(|_| unknown_preview())?;
        let found =
            self.store.tenant(call.caller.tenant).find_preview(id).await.map_err(|error| store_failed(&error))?;
        let connection = connection_id(call)?;
        found
            .filter(|preview| {
                preview.connection_id == connection
                    && preview.principal == call.caller.principal
                    && preview.arguments_digest == call.digest
            })
            .ok_or_else(unknown_preview)
    }

    /// The intent is in the store before the upstream sees anything; of two confirmations at once, one goes on.
    async fn claim(&self, call: &Call, preview: &PreviewRow) -> Result<bool, Refusal> {
        let intent = Intent {
            call_id: call.id,
            connection_id: preview.connection_id,
            principal: call.caller.principal.clone(),
            integration: preview.integration.clone(),
            tool: call.called.spec().name.into(),
            arguments_digest: call.digest.clone(),
            // As in the ledger: the row of an interrupted write and a late one of the call itself must collide.
            started_at: call.began,
        };
        let tenant = self.store.tenant(call.caller.tenant);
        tenant.claim_preview(preview, &intent).await.map_err(|error| store_failed(&error))
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
        approval: None,
        change_id: None,
    }
}

fn answer(outcome: Outcome, value: &WriteAnswer<Value>) -> Result<Answer, Refusal> {
    let value = serde_json::to_value(value).map_err(|_| Refusal::internal())?;
    Ok(Answer { outcome, value, kept_since: None })
}

/// JSON as we have stored it.
fn json(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|_| Refusal::internal())
}

fn connection_id(call: &Call) -> Result<ConnectionId, Refusal> {
    call.connected.as_ref().map(|connected| connected.connection.id).ok_or_else(Refusal::internal)
}

fn refused(class: RefusalClass, message: impl Into<String>, next: impl Into<String>) -> Refusal {
    Refusal::new(Outcome::CallerFault, class, message).next(next)
}

fn unknown_preview() -> Refusal {
    refused(
        RefusalClass::UnknownPreview,
        "`preview_id`: it is not the preview of these arguments by this caller, or it has lapsed",
        "Leave `preview_id` out to preview the change, then confirm with exactly the same arguments.",
    )
}

fn moved(what: &str) -> Refusal {
    refused(RefusalClass::Moved, what, "Nothing was sent. Preview again to see the present value, then decide.")
}

fn store_failed(error: &StoreError) -> Refusal {
    tracing::error!(%error, "a previewed write cannot be stored");
    Refusal::internal()
}
