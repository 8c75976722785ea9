//! Where the two databases differ, apart from the types in their migrations, the places in the ledger's batch and how work is
//! claimed: their clocks, and PostgreSQL's row-level security, which SQLite does not have.

use sqlx::error::DatabaseError;
use turnpike_core::TenantId;

/// The machine's clock: all processes are on it.
pub(crate) const CLOCK_OF_SQLITE: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000 AS value";

/// The server's clock, also within a transaction.
pub(crate) const CLOCK_OF_POSTGRES: &str =
    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS value";

/// Starts a transaction that sees all tenants, in one round trip.
pub(crate) const BEGIN_AS_SYSTEM: &str = "BEGIN; SET LOCAL app.system = 'on'";

/// Starts a transaction that sees one tenant, in one round trip too. An id is 32 digits and four lines, and nothing else.
pub(crate) fn begin_as(tenant: TenantId) -> String {
    format!("BEGIN; SET LOCAL app.tenant_id = '{tenant}'")
}

/// For a connection that migrates: it waits for another that does the same, however large the tables.
pub(crate) const AWAIT_MIGRATION: &str =
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '1h'";

/// Once it is its turn: whoever serves must not queue behind a migration that waits for a table.
pub(crate) const BEGIN_MIGRATION: &str = "SET lock_timeout = '5s'; SET app.system = 'on'";

/// The months of the ledger that begin in the next days, by the database's clock.
pub(crate) const MAKE_NEXT_MONTHS: &str = "
SELECT FROM (SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now) AS clock,
    make_call_partitions(now, now + 92 * 86400 * 1000000::bigint)";

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

/// What the application may do, and no more: it changes no call, no event of the audit log and
/// no sum of a batch, and what stays of a tenant
/// that was deleted it cannot delete. `ROLE` stands for the role.
const GRANTS: &str = "
GRANT USAGE ON SCHEMA public TO ROLE;
GRANT SELECT ON _sqlx_migrations TO ROLE;
GRANT SELECT, INSERT ON audit_events, batched_calls, calls, credits, price_versions, proofs, secrets, usage_batches TO ROLE;
GRANT UPDATE (state, identifier, first_attempt_at, attempts, next_attempt_at, leased_until, settled_at, reason) ON usage_batches TO ROLE;
GRANT SELECT, INSERT, UPDATE ON announcements, invoices, kill_switches, money_events, tenants TO ROLE;
GRANT SELECT, INSERT, DELETE ON authorizations, call_arguments, connect_attempts, data_keys, key_rotations, write_intents TO ROLE;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys, approvals, brands, connections, credentials, grants, invoice_lines, jobs, mailed_links, members, notices,
    oauth_clients, payment_events, people, previews, processes, service_agents, sessions, signing_keys, subscriptions, tool_policies, visits, work_items, write_policies TO ROLE;
GRANT EXECUTE ON FUNCTION make_call_partitions(BIGINT, BIGINT) TO ROLE;";

/// The same where only wrapped data keys are.
const KEY_GRANTS: &str = "
GRANT USAGE ON SCHEMA public TO ROLE;
GRANT SELECT ON _sqlx_migrations TO ROLE;
GRANT SELECT, INSERT, DELETE ON data_keys TO ROLE;";

/// What the databases call themselves.
pub(crate) const VERSIONS: (&str, &str) = (
    "SELECT 'SQLite ' || sqlite_version() AS value",
    "SELECT 'PostgreSQL ' || current_setting('server_version') AS value",
);

/// The grants for a role.
pub(crate) fn grants_for(role: &str) -> String {
    to_role(GRANTS, role)
}

/// The grants for a role where only wrapped data keys are.
pub(crate) fn key_grants_for(role: &str) -> String {
    to_role(KEY_GRANTS, role)
}

fn to_role(grants: &str, role: &str) -> String {
    grants.replace("ROLE", &format!("\"{}\"", role.replace('"', "\"\"")))
}

/// Whether a statement gave up waiting for a lock.
pub(crate) fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// Whether a statement failed for want of its table.
pub(crate) fn is_missing_table(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
}
