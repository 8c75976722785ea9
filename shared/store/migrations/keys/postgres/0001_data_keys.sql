-- As in the main database, but for the tenants, who are not here.
CREATE TABLE data_keys (
    tenant_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    provider TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
