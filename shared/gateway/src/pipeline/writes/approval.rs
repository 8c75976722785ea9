//! A person's approval of a preview that is above a threshold.

use std::time::Duration;

use turnpike_core::{ApprovalId, PreviewId, Timestamp};
use turnpike_sdk::ApprovalNeeded;
use turnpike_store::{ApprovalRow, ApprovalState, NewApproval, PreviewRow};

use super::{refused, store_failed, unknown_preview};
use crate::{
    Gateway, RefusalClass,
    pipeline::{Call, Refusal},
};

/// How long a preview waits for a person. Approving it gives the agent the same time again to confirm.
pub const APPROVAL_LIFE: Duration = Duration::from_secs(24 * 3600);

impl Gateway {
    /// Asks for approval of a preview, which then lives as long as the request does; returns until when.
    pub(super) async fn request_approval(
        &self,
        call: &Call,
        preview_id: PreviewId,
        reason: String,
    ) -> Result<(ApprovalRow, Timestamp), Refusal> {
        let (id, requested_at): (ApprovalId, _) = (self.ambient.id(), self.ambient.now());
        let expires_at = requested_at.plus(APPROVAL_LIFE);
        let rows = self.store.tenant(call.caller.tenant);
        let new = NewApproval { id, preview_id, reason, requested_at, expires_at };
        rows.request_approval(&new).await.map_err(|error| store_failed(&error))?;
        // Another call may have been quicker: there is one for each preview.
        let asked = rows.find_approval_of(preview_id).await.map_err(|error| store_failed(&error))?;
        let asked = asked.ok_or_else(Refusal::internal)?;
        tracing::info!(approval_id = %asked.id, tenant_id = %call.caller.tenant, "a write waits for approval");
        Ok((asked, expires_at))
    }

    /// Lets an open preview pass that needs no approval, or has it, and whose time is not over. What a policy asks for only
    /// since the preview is asked for now.
    pub(super) async fn check_approval(
        &self,
        call: &Call,
        preview: &PreviewRow,
        needed: Option<String>,
    ) -> Result<(), Refusal> {
        let rows = self.store.tenant(call.caller.tenant);
        let asked = rows.find_approval_of(preview.id).await.map_err(|error| store_failed(&error))?;
        let lapsed = preview.expires_at <= self.ambient.now();
        match (asked, needed) {
            (Some(ApprovalRow { state: ApprovalState::Denied, .. }), _) => Err(refused(
                RefusalClass::ApprovalDenied,
                "a person has denied this change",
                "Nothing was sent. Ask that person what may be changed instead.",
            )),
            (Some(_), _) if lapsed => Err(refused(
                RefusalClass::ApprovalLapsed,
                "the time to approve and to confirm this change is over",
                "Nothing was sent. Preview it again to ask for approval anew.",
            )),
            (None, _) if lapsed => Err(unknown_preview()),
            (Some(ApprovalRow { state: ApprovalState::Approved, .. }), _) | (None, None) => Ok(()),
            (Some(asked), _) => Err(approval_needed(&self.public_url, &asked)),
            (None, Some(reason)) => {
                let (asked, _) = self.request_approval(call, preview.id, reason).await?;
                Err(approval_needed(&self.public_url, &asked))
            }
        }
    }
}

fn approval_needed(public_url: &str, asked: &ApprovalRow) -> Refusal {
    let message = format!("a person must approve this change first: {}", asked.reason);
    let next = format!("Nothing was sent. {} Then send the same call again.", how(public_url, asked.id));
    refused(RefusalClass::ApprovalNeeded, message, next).approval(asked.id)
}

/// Where a person can approve.
fn how(public_url: &str, id: ApprovalId) -> String {
    format!("Ask a person who may approve it to do so at {public_url}/approvals/{id}.")
}

/// The same in a preview.
pub(super) fn told(public_url: &str, asked: ApprovalRow) -> ApprovalNeeded {
    ApprovalNeeded { approval_id: asked.id.to_string(), how: how(public_url, asked.id), reason: asked.reason }
}
