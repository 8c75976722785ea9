-- Keys that sign access tokens. The key itself is derived from the deployment's secret of that name, so that nothing here
-- can sign. One signs from its instant until that of the next.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    ordinal BIGINT NOT NULL UNIQUE,
    signs_from BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Programs that have registered themselves (RFC 7591). One that registers again is the same.
CREATE TABLE oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL UNIQUE,
    metadata_json TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);

-- A member lets a client act in their name. The row is the authorization code until that is redeemed, and then the family
-- of refresh tokens, of which `generation` is the newest.
CREATE TABLE grants (
    -- Of the authorization code, which follows from the id: no two grants have the same.
    hash BYTEA NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    resource TEXT NOT NULL,
    scopes TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    rotated_at BIGINT,
    created_at BIGINT NOT NULL,
    -- When the newest refresh token ends.
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    revoked_for TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX grants_by_id ON grants (id);
CREATE INDEX grants_by_person ON grants (person_id);

-- Programs of a tenant that act in nobody's name, with a secret of their own (client credentials).
CREATE TABLE service_agents (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('auditor', 'member', 'admin', 'owner')),
    groups TEXT NOT NULL,
    live BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX service_agents_by_id ON service_agents (id);

-- What became of attempts to connect, for those who look for the reason. Before somebody has signed in an attempt is nobody's.
CREATE TABLE connect_attempts (
    id TEXT NOT NULL,
    tenant_id TEXT,
    at BIGINT NOT NULL,
    step TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    -- What was wrong, as the client was told; nothing where it went well.
    error TEXT,
    description TEXT NOT NULL
);

CREATE INDEX connect_attempts_by_id ON connect_attempts (id);
CREATE INDEX connect_attempts_by_time ON connect_attempts (at);
CREATE INDEX connect_attempts_by_tenant ON connect_attempts (tenant_id, at);

-- The grant by which a person's agent called; none for keys, service agents and pages.
ALTER TABLE calls ADD COLUMN grant_id TEXT;

-- The same of a change that was previewed.
ALTER TABLE previews ADD COLUMN grant_id TEXT;
