//! How much more than usual a tenant asks of those who use a tool.

use turnpike_core::{LeastRole, Timestamp};

use crate::{
    StoreError, TenantStore, ToolGroup,
    row::{FromRow, Row},
};

/// What a tenant asks of those who use some of its tools. One may ask for a role, for a group, or for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPolicy {
    /// The tools.
    pub tools: ToolGroup,
    /// The least role that may use them. Less than what a tool itself asks for changes nothing, and auditor asks for no role.
    pub least_role: LeastRole,
    /// The groups of members of which one is asked for; empty: none is.
    pub groups: Vec<String>,
    /// Who set it.
    pub set_by: String,
    /// When it was set.
    pub set_at: Timestamp,
}

impl FromRow for ToolPolicy {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let tools = ToolGroup::from_words(row.get("integration")?, row.get("tool")?);
        Ok(Self {
            tools: tools.map_err(|error| sqlx::Error::ColumnDecode { index: "tool".into(), source: error.into() })?,
            least_role: row.get("least_role")?,
            groups: row.get("groups")?,
            set_by: row.get("set_by")?,
            set_at: row.get("set_at")?,
        })
    }
}

impl TenantStore {
    /// Sets what is asked of those who use these tools; what was asked before is forgotten.
    pub async fn set_tool_policy(&self, policy: &ToolPolicy) -> Result<(), StoreError> {
        let sql = "INSERT INTO tool_policies (tenant_id, integration, tool, least_role, groups, set_by, set_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, integration, tool) \
                   DO UPDATE SET least_role = excluded.least_role, groups = excluded.groups, set_by = excluded.set_by, \
                   set_at = excluded.set_at";
        let ToolPolicy { tools, least_role, groups, set_by, set_at } = policy;
        let (integration, tool) = (tools.integration_word(), tools.tools_word());
        self.0.insert("tool policy", sql, &[&integration, &tool, least_role, groups, set_by, set_at]).await
    }

    /// Asks for no more than these tools do themselves; false when that was so before.
    pub async fn delete_tool_policy(&self, tools: &ToolGroup) -> Result<bool, StoreError> {
        let sql = "DELETE FROM tool_policies WHERE tenant_id = $1 AND integration = $2 AND tool = $3";
        self.0.changes(sql, &[&tools.integration_word(), &tools.tools_word()]).await
    }

    /// All that ask for something, by integration and tool. The version before took none away, but let it ask for nothing.
    pub async fn list_tool_policies(&self) -> Result<Vec<ToolPolicy>, StoreError> {
        let sql = "SELECT integration, tool, least_role, groups, set_by, set_at FROM tool_policies WHERE tenant_id = $1 \
                   AND (least_role <> 'auditor' OR groups <> '[]') ORDER BY integration, tool";
        self.0.list(sql, &[]).await
    }
}
