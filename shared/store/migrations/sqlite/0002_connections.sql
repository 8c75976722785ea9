CREATE TABLE connections (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    integration TEXT NOT NULL,
    sandbox INTEGER NOT NULL,
    accounts_json TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'expiring', 'reconnect_needed', 'disabled')),
    reason TEXT,
    predicted_end INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, integration)
) STRICT;

CREATE TABLE credentials (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    access_expires_at INTEGER,
    refresh_started_at INTEGER,
    refresh_by TEXT,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
) STRICT;
