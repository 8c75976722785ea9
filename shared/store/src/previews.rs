//! Previewed writes that wait for their confirmation.

use turnpike_core::{CallId, ConnectionId, PreviewId, Timestamp};

use crate::{StoreError, TenantStore, row::table, value::words};

words! {
    /// How far a previewed write has come.
    PreviewState {
        /// It waits for its confirmation.
        Open = "open",
        /// A call has taken it and is at work.
        Claimed = "claimed",
        /// The upstream made the change.
        Applied = "applied",
        /// The upstream refused the change.
        Failed = "failed",
        /// The change was sent and no answer came: only a read can tell.
        Unknown = "unknown",
    }
}

/// A preview to add; it starts open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPreview {
    /// Its id.
    pub id: PreviewId,
    /// The connection that the write goes through.
    pub connection_id: ConnectionId,
    /// Who asked; only the same may confirm.
    pub principal: String,
    /// The integration.
    pub integration: String,
    /// The tool that writes.
    pub tool: String,
    /// Digest of the arguments; the confirmation must have the same.
    pub arguments_digest: String,
    /// What the upstream holds now, as JSON.
    pub before_json: String,
    /// What it would hold, as JSON.
    pub after_json: String,
    /// The change in a sentence.
    pub summary: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be confirmed.
    pub expires_at: Timestamp,
}

/// A preview as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRow {
    /// Its id.
    pub id: PreviewId,
    /// The connection that the write goes through.
    pub connection_id: ConnectionId,
    /// Who asked; only the same may confirm.
    pub principal: String,
    /// The integration.
    pub integration: String,
    /// The tool that writes.
    pub tool: String,
    /// Digest of the arguments; the confirmation must have the same.
    pub arguments_digest: String,
    /// What the upstream held then, as JSON.
    pub before_json: String,
    /// What it would hold, as JSON.
    pub after_json: String,
    /// The change in a sentence.
    pub summary: String,
    /// How far it has come.
    pub state: PreviewState,
    /// The call that claimed it.
    pub call_id: Option<CallId>,
    /// What that call answered, as JSON, for a confirmation that comes twice.
    pub answer_json: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can no longer be confirmed.
    pub expires_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

table!(PreviewRow {
    id,
    connection_id,
    principal,
    integration,
    tool,
    arguments_digest,
    before_json,
    after_json,
    summary,
    state,
    call_id,
    answer_json,
    created_at,
    expires_at,
    updated_at,
});

impl TenantStore {
    /// Adds a preview.
    pub async fn insert_preview(&self, preview: &NewPreview) -> Result<(), StoreError> {
        let sql = "INSERT INTO previews (tenant_id, id, connection_id, principal, integration, tool, arguments_digest, \
                   before_json, after_json, summary, created_at, expires_at, updated_at, state) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $13)";
        let NewPreview { id, connection_id, principal, integration, tool, .. } = preview;
        let NewPreview { arguments_digest, before_json, after_json, summary, created_at, expires_at, .. } = preview;
        self.0
            .insert(
                "preview",
                sql,
                &[
                    id,
                    connection_id,
                    principal,
                    integration,
                    tool,
                    arguments_digest,
                    before_json,
                    after_json,
                    summary,
                    created_at,
                    expires_at,
                    &PreviewState::Open,
                ],
            )
            .await
    }

    /// The preview with that id.
    pub async fn find_preview(&self, id: PreviewId) -> Result<Option<PreviewRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM previews WHERE tenant_id = $1 AND id = $2"), &[&id]).await
    }

    /// Takes an open preview for a call, which alone may then apply it; false when it is taken or its time is over.
    pub async fn claim_preview(&self, id: PreviewId, call_id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE previews SET state = $5, call_id = $3, updated_at = $4 \
                   WHERE tenant_id = $1 AND id = $2 AND state = $6 AND expires_at > $4";
        self.0.changes(sql, &[&id, &call_id, &now, &PreviewState::Claimed, &PreviewState::Open]).await
    }

    /// Notes how a claimed preview ended, or what a read found out about one of unknown end.
    pub async fn finish_preview(
        &self,
        id: PreviewId,
        state: PreviewState,
        answer_json: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE previews SET state = $3, answer_json = $4, updated_at = $5 \
                   WHERE tenant_id = $1 AND id = $2 AND state IN ($6, $7)";
        let from = (PreviewState::Claimed, PreviewState::Unknown);
        self.0.update("claimed preview", sql, &[&id, &state, &answer_json, &now, &from.0, &from.1]).await
    }
}
