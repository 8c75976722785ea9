//! Writes that are about to be sent: after a crash they tell what may have happened upstream without a ledger row.

use std::ops::Range;

use turnpike_core::{CallId, ConnectionId, TenantId, Timestamp};

use crate::{StoreError, SystemStore, row::table, value::Argument};

/// A write that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The call; its ledger row will bear the same id.
    pub call_id: CallId,
    /// The connection that the write goes through.
    pub connection_id: ConnectionId,
    /// Who asked.
    pub principal: String,
    /// The integration.
    pub integration: String,
    /// The tool.
    pub tool: String,
    /// Digest of the arguments.
    pub arguments_digest: String,
    /// When the call began.
    pub started_at: Timestamp,
}

table!(Intent { call_id, connection_id, principal, integration, tool, arguments_digest, started_at });

impl Intent {
    pub(crate) const INSERT: &str =
        concat!("INSERT INTO write_intents (tenant_id, ", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

    pub(crate) fn arguments(&self) -> [&dyn Argument; 7] {
        columns!(self)
    }
}

impl SystemStore {
    /// The writes begun from one instant on and before another that have no ledger row, oldest first, each with its
    /// tenant.
    pub async fn list_unfinished_intents(
        &self,
        begun: Range<Timestamp>,
    ) -> Result<Vec<(TenantId, Intent)>, StoreError> {
        let sql = concat!(
            "SELECT tenant_id, ",
            columns!(),
            " FROM write_intents AS intent WHERE started_at >= $1 AND started_at < $2 AND NOT EXISTS (SELECT 1 FROM calls ",
            "WHERE calls.tenant_id = intent.tenant_id AND calls.call_id = intent.call_id ",
            // Of an intent that an earlier version has written the instant is that of its claim, and not of its call.
            "AND calls.started_at BETWEEN intent.started_at - 86400000000 AND intent.started_at + 86400000000) ORDER BY started_at"
        );
        self.0.list(sql, &[&begun.start, &begun.end]).await
    }
}
