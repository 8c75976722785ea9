//! What calls were made with, for a while: to be looked at, and to make a call again.

use turnpike_core::{CallId, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore,
    row::{Scalar, table},
};

/// What a call was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallArguments {
    /// Whose call it was.
    pub tenant_id: TenantId,
    /// The call.
    pub call_id: CallId,
    /// Its arguments as JSON, without what has the shape of a secret.
    pub arguments_json: String,
    /// When they are forgotten.
    pub expires_at: Timestamp,
}

table!(CallArguments { tenant_id, call_id, arguments_json, expires_at });

impl TenantStore {
    /// The arguments of a call as JSON, if they were kept and their time is not over.
    pub async fn find_call_arguments(&self, call_id: CallId, now: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "SELECT arguments_json AS value FROM call_arguments \
                   WHERE tenant_id = $1 AND call_id = $2 AND expires_at > $3";
        Ok(self.0.find(sql, &[&call_id, &now]).await?.map(|Scalar(arguments)| arguments))
    }
}

impl SystemStore {
    /// Keeps the arguments of calls of any tenants, all or none. Nothing is kept of a tenant that was deleted meanwhile.
    pub async fn insert_call_arguments(&self, all: &[CallArguments]) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO call_arguments (",
            columns!(),
            ") SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM tenants WHERE id = $1 AND deleted_at IS NULL)"
        );
        let mut session = self.0.transaction().await?;
        for one in all {
            session.execute(sql, &columns!(one)).await.map_err(|error| error.of_insert("call's arguments"))?;
        }
        session.commit().await
    }

    /// Forgets the arguments whose time is over; of how many calls.
    pub async fn delete_expired_call_arguments(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.0.execute("DELETE FROM call_arguments WHERE expires_at <= $1", &[&now]).await
    }
}
