//! Previewed writes that a person must approve before they can be confirmed.

use turnpike_core::{ApprovalId, PreviewId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, row::table, value::words};

words! {
    /// What has been decided on a previewed write. While its preview lives, that is: afterwards it has lapsed, whatever
    /// was decided.
    ApprovalState {
        /// Nothing yet.
        Pending = "pending",
        /// It may be confirmed.
        Approved = "approved",
        /// It may not.
        Denied = "denied",
    }
}

/// A request for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApproval {
    /// Its id.
    pub id: ApprovalId,
    /// The preview that it is for, and for no other.
    pub preview_id: PreviewId,
    /// Why a person must approve, for that person.
    pub reason: String,
    /// When it is asked for.
    pub requested_at: Timestamp,
    /// How long the preview waits for it.
    pub expires_at: Timestamp,
}

/// A request for approval, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Its id.
    pub id: ApprovalId,
    /// The preview that it is for.
    pub preview_id: PreviewId,
    /// Why a person must approve.
    pub reason: String,
    /// What has been decided.
    pub state: ApprovalState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

table!(ApprovalRow { id, preview_id, reason, state, requested_at, decided_by, decided_at });

impl TenantStore {
    /// Asks for approval of a preview and lets it wait for that. A preview has one approval: when there is one already,
    /// nothing changes.
    pub async fn request_approval(&self, new: &NewApproval) -> Result<(), StoreError> {
        let insert = "INSERT INTO approvals (tenant_id, id, preview_id, reason, requested_at, state) \
                      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, preview_id) DO NOTHING";
        let wait = "UPDATE previews SET expires_at = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'open'";
        let NewApproval { id, preview_id, reason, requested_at, expires_at } = new;
        let mut all = self.0.begin().await?;
        let arguments = [id as &dyn crate::value::Argument, preview_id, reason, requested_at, &ApprovalState::Pending];
        if all.insert("approval", insert, &arguments).await? {
            all.changes(wait, &[preview_id, expires_at]).await?;
        }
        all.commit().await
    }

    /// The approval of a preview, if one was ever asked for.
    pub async fn find_approval_of(&self, preview_id: PreviewId) -> Result<Option<ApprovalRow>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM approvals WHERE tenant_id = $1 AND preview_id = $2");
        self.0.find(sql, &[&preview_id]).await
    }

    /// The approval with that id.
    pub async fn find_approval(&self, id: ApprovalId) -> Result<Option<ApprovalRow>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM approvals WHERE tenant_id = $1 AND id = $2"), &[&id]).await
    }

    /// The newest approvals, newest first; `state` narrows them.
    pub async fn list_approvals(
        &self,
        state: Option<ApprovalState>,
        limit: i64,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM approvals WHERE tenant_id = $1 AND ($2 IS NULL OR state = $2) ORDER BY requested_at DESC, id DESC LIMIT $3"
        );
        self.0.list(sql, &[&state, &limit]).await
    }

    /// Decides on a pending approval; false when it was decided before, or its preview's time is over. A preview that is
    /// approved can be confirmed until `confirm_until`.
    pub async fn decide_approval(
        &self,
        id: ApprovalId,
        state: ApprovalState,
        by: &str,
        now: Timestamp,
        confirm_until: Timestamp,
    ) -> Result<bool, StoreError> {
        let decide = "UPDATE approvals SET state = $3, decided_by = $4, decided_at = $5 WHERE tenant_id = $1 AND id = $2 \
                      AND state = 'pending' AND EXISTS (SELECT 1 FROM previews WHERE previews.tenant_id = $1 \
                      AND previews.id = approvals.preview_id AND previews.state = 'open' AND previews.expires_at > $5)";
        let extend = "UPDATE previews SET expires_at = $3 WHERE tenant_id = $1 AND id = (SELECT preview_id FROM approvals \
                      WHERE approvals.tenant_id = $1 AND approvals.id = $2)";
        let mut all = self.0.begin().await?;
        let decided = all.changes(decide, &[&id, &state, &by, &now]).await?;
        if decided && state == ApprovalState::Approved {
            all.changes(extend, &[&id, &confirm_until]).await?;
        }
        all.commit().await?;
        Ok(decided)
    }
}

impl SystemStore {
    /// The newest approvals of all tenants or of one, newest first; `state` narrows them.
    pub async fn list_approvals(
        &self,
        tenant: Option<TenantId>,
        state: Option<ApprovalState>,
        limit: i64,
    ) -> Result<Vec<(TenantId, ApprovalRow)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM approvals WHERE ($1 IS NULL OR tenant_id = $1) AND ($2 IS NULL OR state = $2) ",
            "ORDER BY requested_at DESC, id DESC LIMIT $3"
        );
        self.0.list(sql, &[&tenant, &state, &limit]).await
    }

    /// The approval with that id, and whose it is.
    pub async fn find_approval(&self, id: ApprovalId) -> Result<Option<(TenantId, ApprovalRow)>, StoreError> {
        self.0.find(concat!("SELECT tenant_id, ", columns!(), " FROM approvals WHERE id = $1"), &[&id]).await
    }
}
