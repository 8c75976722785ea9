CREATE TABLE connections (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    integration TEXT NOT NULL,
    sandbox BOOLEAN NOT NULL,
    accounts_json TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'expiring', 'reconnect_needed', 'disabled')),
    reason TEXT,
    predicted_end BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, integration)
);

CREATE TABLE credentials (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    access_expires_at BIGINT,
    refresh_started_at BIGINT,
    refresh_by TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
);
