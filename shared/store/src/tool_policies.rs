//! How much more than usual a tenant asks of those who use a tool.

use turnpike_core::{LeastRole, Timestamp};

use crate::{StoreError, TenantStore, row::table};

/// Stands for every tool of an integration.
pub const EVERY_TOOL: &str = "*";

/// What a tenant asks of those who use a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPolicy {
    /// The integration.
    pub integration: String,
    /// The tool, or [`EVERY_TOOL`].
    pub tool: String,
    /// The least role that may use it. Less than what the tool itself asks for changes nothing.
    pub least_role: LeastRole,
    /// Who set it.
    pub set_by: String,
    /// When it was set.
    pub set_at: Timestamp,
}

table!(ToolPolicy { integration, tool, least_role, set_by, set_at });

impl ToolPolicy {
    /// Whether it is about this tool.
    pub fn is_about(&self, integration: &str, tool: &str) -> bool {
        self.integration == integration && (self.tool == EVERY_TOOL || self.tool == tool)
    }
}

impl TenantStore {
    /// Sets what is asked of those who use a tool.
    pub async fn set_tool_policy(&self, policy: &ToolPolicy) -> Result<(), StoreError> {
        let sql = "INSERT INTO tool_policies (tenant_id, integration, tool, least_role, set_by, set_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, integration, tool) \
                   DO UPDATE SET least_role = excluded.least_role, set_by = excluded.set_by, set_at = excluded.set_at";
        self.0.insert("tool policy", sql, &columns!(policy)).await
    }

    /// All that were ever set, by integration and tool.
    pub async fn list_tool_policies(&self) -> Result<Vec<ToolPolicy>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM tool_policies WHERE tenant_id = $1 ORDER BY integration, tool");
        self.0.list(sql, &[]).await
    }
}
