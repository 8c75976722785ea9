//! Who belongs to a tenant, and as what.

use turnpike_core::{PersonId, Role, TenantId, Timestamp};

use crate::{
    StoreError, SystemStore, TenantStore, authorizations::FORGET_AUTHORIZATIONS, grants::REVOKE_GRANTS, row::from_row,
};

/// A person of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// Where they get mail.
    pub email: String,
    /// How they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The groups of the tenant's that they are in.
    pub groups: Vec<String>,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A tenant that a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub tenant_id: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// What the person may do there.
    pub role: Role,
}

from_row!(Member { person_id, email, name, role, groups, joined_at });
from_row!(Membership { tenant_id, tenant_name, role });

macro_rules! members {
    () => {
        "SELECT person_id, email, name, role, groups, joined_at FROM members JOIN people ON people.id = members.person_id "
    };
}

/// Members change one after the other, so that two owners who remove each other do not leave none.
const LOCK: &str = "UPDATE tenants SET state = state WHERE id = $1";

impl SystemStore {
    /// Everybody who belongs to a tenant, who joined first first. Names stand in no table of the tenant's.
    pub async fn list_members(&self, tenant: TenantId) -> Result<Vec<Member>, StoreError> {
        self.0.list(concat!(members!(), "WHERE tenant_id = $1 ORDER BY joined_at, person_id"), &[&tenant]).await
    }

    /// The person as a member of that tenant.
    pub async fn find_member(&self, tenant: TenantId, person: PersonId) -> Result<Option<Member>, StoreError> {
        self.0.find(concat!(members!(), "WHERE tenant_id = $1 AND person_id = $2"), &[&tenant, &person]).await
    }

    /// The tenants that a person belongs to, oldest first; those that were deleted left out.
    pub async fn list_memberships(&self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        let sql = "SELECT tenant_id, tenants.name AS tenant_name, role FROM members \
                   JOIN tenants ON tenants.id = members.tenant_id WHERE person_id = $1 AND deleted_at IS NULL ORDER BY tenant_id";
        self.0.list(sql, &[&person]).await
    }
}

impl TenantStore {
    /// Adds a member; a conflict when the person is one.
    pub async fn insert_member(&self, person: PersonId, role: Role, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO members (tenant_id, person_id, role, joined_at) VALUES ($1, $2, $3, $4)";
        self.0.insert("member", sql, &[&person, &role, &now]).await
    }

    /// Sets a member's role; false when there is no such member, or it is the last owner.
    pub async fn set_member_role(&self, person: PersonId, role: Role) -> Result<bool, StoreError> {
        let sql = "UPDATE members SET role = $3 WHERE tenant_id = $1 AND person_id = $2 AND ($3 = 'owner' OR role <> 'owner' \
                   OR EXISTS (SELECT 1 FROM members AS other WHERE other.tenant_id = $1 AND other.role = 'owner' \
                   AND other.person_id <> $2))";
        self.changes_members(sql, &[&person, &role]).await
    }

    /// Sets the groups that a member is in; false when there is no such member.
    pub async fn set_member_groups(&self, person: PersonId, groups: &[String]) -> Result<bool, StoreError> {
        let sql = "UPDATE members SET groups = $3 WHERE tenant_id = $1 AND person_id = $2";
        self.0.changes(sql, &[&person, &groups.to_vec()]).await
    }

    /// Removes a member, who then comes back from no vendor in the tenant's name, and for whom no agent acts any more; false
    /// when there is no such member, or it is the last owner.
    pub async fn delete_member(&self, person: PersonId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "DELETE FROM members WHERE tenant_id = $1 AND person_id = $2 AND (role <> 'owner' OR EXISTS (SELECT 1 \
                   FROM members AS other WHERE other.tenant_id = $1 AND other.role = 'owner' AND other.person_id <> $2))";
        let mut all = self.0.begin().await?;
        all.changes(LOCK, &[]).await?;
        let deleted = all.changes(sql, &[&person]).await?;
        if deleted {
            all.changes(FORGET_AUTHORIZATIONS, &[&format!("person:{person}")]).await?;
            all.changes(REVOKE_GRANTS, &[&person, &now]).await?;
        }
        all.commit().await?;
        Ok(deleted)
    }

    async fn changes_members(&self, sql: &'static str, rest: crate::value::Arguments<'_>) -> Result<bool, StoreError> {
        let mut all = self.0.begin().await?;
        all.changes(LOCK, &[]).await?;
        let changed = all.changes(sql, rest).await?;
        all.commit().await?;
        Ok(changed)
    }
}
