//! What the operator has switched off.

use std::fmt;

use turnpike_core::{SwitchId, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore,
    row::{FromRow, Row},
};

/// What a switch stops: each call that fits all that it names. One that names nothing stops all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SwitchTarget {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// To this integration. With a tenant, that is the tenant's connection: there is one for each integration.
    pub integration: Option<String>,
    /// Of this tool, which goes with an integration.
    pub tool: Option<String>,
}

/// A switch as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillSwitch {
    /// Its id.
    pub id: SwitchId,
    /// What it stops.
    pub target: SwitchTarget,
    /// Why, in words for those whose calls are refused.
    pub reason: String,
    /// Who set it.
    pub set_by: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who lifted it, if somebody has.
    pub lifted_by: Option<String>,
    /// When it was lifted.
    pub lifted_at: Option<Timestamp>,
}

impl SwitchTarget {
    /// Whether it stops this: calls of a tool, or everything between a tenant and an integration where no tool is named.
    pub fn covers(&self, tenant: TenantId, integration: &str, tool: Option<&str>) -> bool {
        self.tenant.is_none_or(|named| named == tenant)
            && self.integration.as_deref().is_none_or(|named| named == integration)
            && self.tool.as_deref().is_none_or(|named| tool == Some(named))
    }
}

impl fmt::Display for SwitchTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.integration, &self.tool) {
            (Some(integration), Some(tool)) => write!(f, "{integration}/{tool}")?,
            (Some(integration), None) => f.write_str(integration)?,
            (None, _) => f.write_str("everything")?,
        }
        match self.tenant {
            Some(tenant) => write!(f, " of tenant {tenant}"),
            None => Ok(()),
        }
    }
}

impl FromRow for KillSwitch {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let target =
            SwitchTarget { tenant: row.get("tenant")?, integration: row.get("integration")?, tool: row.get("tool")? };
        Ok(Self {
            id: row.get("id")?,
            target,
            reason: row.get("reason")?,
            set_by: row.get("set_by")?,
            set_at: row.get("set_at")?,
            lifted_by: row.get("lifted_by")?,
            lifted_at: row.get("lifted_at")?,
        })
    }
}

macro_rules! columns {
    () => {
        "id, tenant, integration, tool, reason, set_by, set_at, lifted_by, lifted_at"
    };
}

/// Lifts the switch that stands for a target.
const LIFT: &str = "UPDATE kill_switches SET lifted_by = $1, lifted_at = $2 WHERE lifted_at IS NULL \
                    AND COALESCE(tenant, '') = COALESCE($3, '') AND COALESCE(integration, '') = COALESCE($4, '') \
                    AND COALESCE(tool, '') = COALESCE($5, '')";

impl SystemStore {
    /// Switches a target off. A switch that stands for the same target is replaced, without a moment between.
    pub async fn switch_off(
        &self,
        id: SwitchId,
        target: &SwitchTarget,
        reason: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let SwitchTarget { tenant, integration, tool } = target;
        let mut session = self.0.transaction().await?;
        session.execute(LIFT, &[&by, &now, tenant, integration, tool]).await?;
        let sql = "INSERT INTO kill_switches (id, tenant, integration, tool, reason, set_by, set_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let inserted = session.execute(sql, &[&id, tenant, integration, tool, &reason, &by, &now]).await;
        inserted.map_err(|error| error.of_insert("switch"))?;
        session.commit().await
    }

    /// Switches exactly this target on again; false when no switch stands for it.
    pub async fn switch_on(&self, target: &SwitchTarget, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let SwitchTarget { tenant, integration, tool } = target;
        self.0.changes(LIFT, &[&by, &now, tenant, integration, tool]).await
    }

    /// The switches that stand, oldest first.
    pub async fn list_switches(&self) -> Result<Vec<KillSwitch>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM kill_switches WHERE lifted_at IS NULL ORDER BY id");
        self.0.list(sql, &[]).await
    }

    /// All switches that there ever were, oldest first.
    pub async fn list_switch_history(&self) -> Result<Vec<KillSwitch>, StoreError> {
        self.0.list(concat!("SELECT ", columns!(), " FROM kill_switches ORDER BY id"), &[]).await
    }
}
