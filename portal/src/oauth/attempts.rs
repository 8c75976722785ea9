//! What became of an agent's attempt to connect, kept for whoever looks for the reason.

use turnpike_core::{AttemptId, TenantId, visible};
use turnpike_store::ConnectAttempt;

use crate::Portal;

/// A step of an attempt.
#[derive(Default)]
pub(super) struct Step<'a> {
    /// Which: `registration`, `authorization`, `consent`, `token`.
    pub(super) step: &'static str,
    pub(super) tenant: Option<TenantId>,
    pub(super) client_id: &'a str,
    pub(super) client_name: &'a str,
    /// The code that the client is told.
    pub(super) error: Option<&'a str>,
    pub(super) description: &'a str,
}

/// Keeps a step; its id. That it could not be kept ends nothing.
pub(super) async fn note(portal: &Portal, step: Step<'_>) -> AttemptId {
    let short = |text: &str| visible(text).chars().take(300).collect::<String>();
    let attempt = ConnectAttempt {
        id: portal.ambient.id(),
        tenant_id: step.tenant,
        at: portal.ambient.now(),
        step: step.step.into(),
        client_id: short(step.client_id),
        client_name: short(step.client_name),
        error: step.error.map(str::to_owned),
        description: short(step.description),
    };
    tracing::info!(attempt = %attempt.id, step = step.step, error = step.error, "an agent connects");
    if let Err(error) = portal.store.system().insert_connect_attempt(&attempt).await {
        tracing::warn!(%error, "a step of an agent's attempt to connect was not kept");
    }
    attempt.id
}
