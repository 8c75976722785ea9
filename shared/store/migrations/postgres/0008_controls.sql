-- The operator's: no tenant reads them. A switch stops each call that fits all that it names, and one that names nothing
-- stops all. None is deleted: those that were lifted tell what was off, when and why.
CREATE TABLE kill_switches (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT,
    integration TEXT,
    tool TEXT,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_by TEXT,
    lifted_at BIGINT
);

CREATE UNIQUE INDEX kill_switches_standing
ON kill_switches (COALESCE(tenant, ''), COALESCE(integration, ''), COALESCE(tool, '')) WHERE lifted_at IS NULL;

-- How much more than usual a tenant asks of those who use a tool; `*` is every tool of the integration.
CREATE TABLE tool_policies (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    integration TEXT NOT NULL,
    tool TEXT NOT NULL,
    least_role TEXT NOT NULL CHECK (least_role IN ('auditor', 'member', 'admin', 'owner', 'nobody')),
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, integration, tool)
);

-- Keys from before could do what their scopes said, and the version before adds keys without naming a role.
ALTER TABLE api_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'member'
CHECK (role IN ('auditor', 'member', 'admin', 'owner'));

-- How old an answer may be that is shown while the upstream fails, in microseconds; empty: none is shown.
ALTER TABLE tenants ADD COLUMN stale_answers BIGINT;
