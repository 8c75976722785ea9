CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    -- Unique across tenants: it is how a key finds its tenant.
    hash BYTEA NOT NULL UNIQUE,
    pepper_version BIGINT NOT NULL,
    scopes TEXT NOT NULL,
    servers TEXT,
    allowed_ips TEXT NOT NULL,
    expires_at BIGINT,
    live BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX api_keys_by_id ON api_keys (id);

CREATE TABLE data_keys (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    version BIGINT NOT NULL,
    provider TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
