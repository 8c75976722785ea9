//! Links that were mailed to somebody. A link is found by the hash of its secret, and works once.

use turnpike_core::{LinkId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, authorizations::FORGET_AUTHORIZATIONS, row::table, value::words};

words! {
    /// What a mailed link is for.
    LinkPurpose {
        /// To sign in.
        SignIn = "sign_in",
        /// To finish signing up.
        SignUp = "sign_up",
        /// To join a tenant.
        Invitation = "invitation",
        /// To connect an account for a tenant.
        Connect = "connect",
    }
}

/// A link that was mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedLink {
    /// SHA-256 of the secret in the link.
    pub hash: [u8; 32],
    /// The row's id; not the secret.
    pub id: LinkId,
    /// The tenant that it is for, where it is for one.
    pub tenant_id: Option<TenantId>,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Who got it.
    pub email: String,
    /// What else it says, as JSON: the role of an invitation, the integration to connect.
    pub content_json: String,
    /// Who had it sent.
    pub made_by: Option<String>,
    /// When it was sent.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used, if it was.
    pub used_at: Option<Timestamp>,
}

table!(MailedLink { hash, id, tenant_id, purpose, email, content_json, made_by, created_at, expires_at, used_at });

impl SystemStore {
    /// Adds a link.
    pub async fn insert_link(&self, link: &MailedLink) -> Result<(), StoreError> {
        let sql =
            concat!("INSERT INTO mailed_links (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
        self.0.insert("link", sql, &columns!(link)).await
    }

    /// The link with that hash, if it is of that purpose and can still be used.
    pub async fn find_link(
        &self,
        hash: &[u8; 32],
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<Option<MailedLink>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM mailed_links WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"
        );
        self.0.find(sql, &[hash, &purpose, &now]).await
    }

    /// Uses a link up; false when somebody was quicker or its time is over.
    pub async fn use_link(&self, hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE mailed_links SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2";
        self.0.changes(sql, &[hash, &now]).await
    }

    /// Forgets links whose time was over at `before`.
    pub async fn delete_expired_links(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM mailed_links WHERE expires_at <= $1", &[&before]).await
    }
}

impl TenantStore {
    /// The links for this tenant that can still be used, the newest first.
    pub async fn list_open_links(&self, purpose: LinkPurpose, now: Timestamp) -> Result<Vec<MailedLink>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM mailed_links WHERE tenant_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 ORDER BY id DESC"
        );
        self.0.list(sql, &[&purpose, &now]).await
    }

    /// Takes a link back, and whoever it has sent to a vendor comes back in vain; false when there is none that could still
    /// be used.
    pub async fn delete_link(&self, id: LinkId) -> Result<bool, StoreError> {
        let delete = "DELETE FROM mailed_links WHERE tenant_id = $1 AND id = $2 AND used_at IS NULL";
        let mut all = self.0.begin().await?;
        let deleted = all.changes(delete, &[&id]).await?;
        all.changes(FORGET_AUTHORIZATIONS, &[&format!("link:{id}")]).await?;
        all.commit().await?;
        Ok(deleted)
    }
}
