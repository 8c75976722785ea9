//! Groups of members, and what is asked of those who use a tool.

use serde_json::json;
use turnpike_core::{LeastRole, PersonId, TenantId};
use turnpike_store::{StoreError, ToolGroup, ToolPolicy};

use crate::{Actor, Tenancy};

/// What is to be asked of those who use some tools, beyond what the tools themselves ask.
pub struct ToolRule {
    /// The tools.
    pub tools: ToolGroup,
    /// The least role; auditor asks for none.
    pub least_role: LeastRole,
    /// The groups of members of which one is asked for; empty: none is.
    pub groups: Vec<String>,
}

impl ToolRule {
    /// Whether it asks for something.
    pub fn asks(&self) -> bool {
        self.least_role > LeastRole::Auditor || !self.groups.is_empty()
    }
}

impl Tenancy {
    /// Sets the groups that a member is in; false when there is no such member.
    pub async fn set_member_groups(
        &self,
        actor: &Actor,
        tenant: TenantId,
        person: PersonId,
        groups: &[String],
    ) -> Result<bool, StoreError> {
        let set = self.parts().store.tenant(tenant).set_member_groups(person, groups).await?;
        if set {
            let details = json!({ "groups": groups });
            self.record(tenant, actor, "member.groups_set", &Actor::person(person).0, details).await?;
        }
        Ok(set)
    }

    /// Sets what is asked of those who use these tools; what was asked before is forgotten.
    pub async fn set_tool_policy(&self, actor: &Actor, tenant: TenantId, rule: ToolRule) -> Result<(), StoreError> {
        let ToolRule { tools, least_role, groups } = rule;
        let details = json!({ "least_role": least_role.as_str(), "groups": groups });
        let subject = subject(&tools);
        let policy =
            ToolPolicy { tools, least_role, groups, set_by: actor.0.clone(), set_at: self.parts().ambient.now() };
        self.parts().store.tenant(tenant).set_tool_policy(&policy).await?;
        self.record(tenant, actor, "tool_policy.set", &subject, details).await
    }

    /// Asks for no more than these tools do themselves; false when there was no such rule.
    pub async fn delete_tool_policy(
        &self,
        actor: &Actor,
        tenant: TenantId,
        tools: &ToolGroup,
    ) -> Result<bool, StoreError> {
        let deleted = self.parts().store.tenant(tenant).delete_tool_policy(tools).await?;
        if deleted {
            self.record(tenant, actor, "tool_policy.deleted", &subject(tools), json!({})).await?;
        }
        Ok(deleted)
    }
}

fn subject(tools: &ToolGroup) -> String {
    format!("tools:{tools}")
}
