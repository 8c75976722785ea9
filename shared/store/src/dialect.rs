//! Where the two databases differ, apart from the types in their migrations and the places in the ledger's batch: all
//! of it is PostgreSQL's row-level security, which SQLite does not have.

use sqlx::error::DatabaseError;

/// Starts a transaction that sees all tenants, in one round trip.
pub(crate) const BEGIN_AS_SYSTEM: &str = "BEGIN; SET LOCAL app.system = 'on'";

/// Narrows a transaction to one tenant.
pub(crate) const ACT_AS_TENANT: &str = "SELECT set_config('app.tenant_id', $1, true)";

/// Guards every table that is not guarded yet; a table added by a later migration is covered without being named here.
/// After a transaction the setting reads as '', not NULL, hence `nullif`.
pub(crate) const GUARD_TABLES: &str = "
DO $$
DECLARE
    guarded record;
    is_system CONSTANT text := $q$current_setting('app.system', true) = 'on'$q$;
    is_tenant CONSTANT text := $q$%I = nullif(current_setting('app.tenant_id', true), '') OR $q$ || is_system;
    condition text;
BEGIN
    FOR guarded IN
        SELECT t.oid::regclass AS name, c.attname AS owner
        FROM pg_class t
        LEFT JOIN pg_attribute c ON c.attrelid = t.oid
            AND (c.attname = 'tenant_id' OR (t.relname, c.attname) = ('tenants', 'id'))
        WHERE t.relnamespace = current_schema()::text::regnamespace AND t.relkind IN ('r', 'p')
            AND NOT (t.relrowsecurity AND t.relforcerowsecurity) AND t.relname <> '_sqlx_migrations'
    LOOP
        condition := CASE WHEN guarded.owner IS NULL THEN is_system ELSE format(is_tenant, guarded.owner) END;
        EXECUTE format('CREATE POLICY tenant ON %s USING (%s) WITH CHECK (%2$s)', guarded.name, condition);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded.name);
    END LOOP;
END $$";

/// A table that [`GUARD_TABLES`] has yet to guard.
pub(crate) const FIND_UNGUARDED: &str = "
SELECT relname::text AS value FROM pg_class
WHERE relnamespace = current_schema()::text::regnamespace AND relkind IN ('r', 'p')
    AND NOT (relrowsecurity AND relforcerowsecurity) AND relname <> '_sqlx_migrations'
LIMIT 1";

/// What would let the present role pass by row-level security.
pub(crate) const ROLE_POWERS: &str = "
SELECT rolname::text AS role, rolsuper AS superuser, rolbypassrls AS bypasses, EXISTS (
    SELECT 1 FROM pg_class
    WHERE relnamespace = current_schema()::text::regnamespace AND relkind IN ('r', 'p')
        AND pg_has_role(rolname, relowner, 'MEMBER')
) AS owner
FROM pg_roles WHERE rolname = current_user";

/// What the application may do, and no more: it changes no call and no event of the audit log, and what stays of a tenant
/// that was deleted it cannot delete. `ROLE` stands for the role.
const GRANTS: &str = "
GRANT USAGE ON SCHEMA public TO ROLE;
GRANT SELECT ON _sqlx_migrations TO ROLE;
GRANT SELECT, INSERT ON audit_events, calls, secrets TO ROLE;
GRANT SELECT, INSERT, UPDATE ON announcements, kill_switches, tenants TO ROLE;
GRANT SELECT, INSERT, DELETE ON authorizations, call_arguments, connect_attempts, data_keys, write_intents TO ROLE;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, approvals, brands, connections, credentials, grants, jobs, mailed_links, members,
    oauth_clients, people, previews, service_agents, sessions, signing_keys, tool_policies, visits, write_policies TO ROLE;";

/// The grants for a role.
pub(crate) fn grants_for(role: &str) -> String {
    GRANTS.replace("ROLE", &format!("\"{}\"", role.replace('"', "\"\"")))
}

/// Whether a statement failed for want of its table.
pub(crate) fn is_missing_table(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
}
