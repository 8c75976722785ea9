//! Previewed writes. One that was applied is the change itself: it says what was changed and how to take it back.

use turnpike_core::{CallId, ConnectionId, GrantId, PreviewId, Timestamp};

use crate::{Intent, StoreError, TenantStore, row::table, value::words};

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
    /// The grant by which a person's agent asked; none for keys, service agents and pages.
    pub grant_id: Option<GrantId>,
    /// The integration.
    pub integration: String,
    /// The tool that writes.
    pub tool: String,
    /// That tool's arguments, as JSON.
    pub arguments_json: String,
    /// Digest of the call's arguments; the confirmation must have the same.
    pub arguments_digest: String,
    /// The change that it takes back.
    pub reverts: Option<PreviewId>,
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
    /// The grant by which a person's agent asked; none for keys, service agents and pages.
    pub grant_id: Option<GrantId>,
    /// The integration.
    pub integration: String,
    /// The tool that writes.
    pub tool: String,
    /// That tool's arguments, as JSON.
    pub arguments_json: String,
    /// Digest of the call's arguments; the confirmation must have the same.
    pub arguments_digest: String,
    /// The change that it takes back.
    pub reverts: Option<PreviewId>,
    /// What took it back, or is about to: set before the upstream sees that, and no second time.
    pub reverted_by: Option<PreviewId>,
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
    grant_id,
    integration,
    tool,
    arguments_json,
    arguments_digest,
    reverts,
    reverted_by,
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
        let sql = "INSERT INTO previews (tenant_id, id, connection_id, principal, integration, tool, arguments_json, \
                   arguments_digest, reverts, before_json, after_json, summary, created_at, expires_at, updated_at, state, grant_id) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $15, $16)";
        let NewPreview { id, connection_id, principal, integration, tool, arguments_json, .. } = preview;
        let NewPreview { arguments_digest, reverts, before_json, after_json, summary, .. } = preview;
        let NewPreview { created_at, expires_at, grant_id, .. } = preview;
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
                    arguments_json,
                    arguments_digest,
                    reverts,
                    before_json,
                    after_json,
                    summary,
                    created_at,
                    expires_at,
                    &PreviewState::Open,
                    grant_id,
                ],
            )
            .await
    }

    /// The preview with that id.
    pub async fn find_preview(&self, id: PreviewId) -> Result<Option<PreviewRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM previews WHERE tenant_id = $1 AND id = $2"), &[&id]).await
    }

    /// The changes that were made or tried, newest first, from the one before `before` on.
    pub async fn list_changes(&self, before: Option<PreviewId>, limit: i64) -> Result<Vec<PreviewRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM previews WHERE tenant_id = $1 AND state IN ('applied', 'failed', 'unknown') ",
            "AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
        );
        self.0.list(sql, &[&before, &limit]).await
    }

    /// Takes an open preview for the intent's call, which alone may then apply it, and notes the intent. False, and nothing
    /// is noted, when it is taken, its time is over, it lacks an approval that was asked for, or what it takes back is
    /// taken back already.
    pub async fn claim_preview(&self, preview: &PreviewRow, intent: &Intent) -> Result<bool, StoreError> {
        let claim = "UPDATE previews SET state = 'claimed', call_id = $3, updated_at = $4 \
                     WHERE tenant_id = $1 AND id = $2 AND state = 'open' AND expires_at > $4 AND NOT EXISTS (SELECT 1 \
                     FROM approvals WHERE approvals.tenant_id = $1 AND approvals.preview_id = $2 AND approvals.state <> 'approved')";
        let take_back = "UPDATE previews SET reverted_by = $3 \
                         WHERE tenant_id = $1 AND id = $2 AND state = 'applied' AND reverted_by IS NULL";
        let mut all = self.0.begin().await?;
        if !all.changes(claim, &[&preview.id, &intent.call_id, &intent.started_at]).await? {
            return Ok(false);
        }
        if let Some(change) = preview.reverts
            && !all.changes(take_back, &[&change, &preview.id]).await?
        {
            return Ok(false);
        }
        all.insert("write intent", Intent::INSERT, &intent.arguments()).await?;
        all.commit().await?;
        Ok(true)
    }

    /// Notes how a claimed preview ended, or what a read found out about one of unknown end. What it did not take back
    /// after all can be taken back again.
    pub async fn finish_preview(
        &self,
        id: PreviewId,
        state: PreviewState,
        answer_json: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let finish = "UPDATE previews SET state = $3, answer_json = $4, updated_at = $5 \
                      WHERE tenant_id = $1 AND id = $2 AND state IN ('claimed', 'unknown')";
        let release = "UPDATE previews SET reverted_by = NULL WHERE tenant_id = $1 AND reverted_by = $2";
        let mut all = self.0.begin().await?;
        if !all.changes(finish, &[&id, &state, &answer_json, &now]).await? {
            return Err(StoreError::NotFound { what: "claimed preview" });
        }
        if state == PreviewState::Failed {
            all.changes(release, &[&id]).await?;
        }
        all.commit().await
    }
}
