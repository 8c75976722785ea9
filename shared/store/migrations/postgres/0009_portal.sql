-- A person who signs in. Of one tenant, of several, or of the agency's staff.
CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    -- Issuer and subject at the agency's identity provider.
    oidc_subject TEXT UNIQUE,
    staff BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL CHECK (role IN ('auditor', 'member', 'admin', 'owner')),
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);

CREATE INDEX members_by_person ON members (person_id);

CREATE TABLE sessions (
    hash BYTEA NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES people (id),
    -- The tenant that the person looks at now.
    acting_for TEXT,
    browser TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- When the person last proved who they are.
    confirmed_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_person ON sessions (person_id);

-- Links that were mailed: to sign in, to sign up, to join a tenant, to connect an account. Each works once.
CREATE TABLE mailed_links (
    hash BYTEA NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    tenant_id TEXT,
    purpose TEXT NOT NULL CHECK (purpose IN ('sign_in', 'sign_up', 'invitation', 'connect')),
    email TEXT NOT NULL,
    content_json TEXT NOT NULL,
    made_by TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

-- A person who was sent to a vendor to grant access; the answer comes back with the state whose hash this is.
CREATE TABLE authorizations (
    hash BYTEA NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    integration TEXT NOT NULL,
    sandbox BOOLEAN NOT NULL,
    actor TEXT NOT NULL,
    -- Hash of a value that only the browser has that was sent.
    browser BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- One of the agency's staff looks at a tenant's pages; the tenant sees that.
CREATE TABLE visits (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- What was done, by whom: added to and never changed. Each row's hash covers the one before it. What the staff does to no
-- tenant in particular stands under the tenant 00000000-0000-0000-0000-000000000000.
CREATE TABLE audit_events (
    tenant_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details_json TEXT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, sequence)
);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;

CREATE TRIGGER audit_events_are_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- The arguments of calls, without what has the shape of a secret; deleted when their time is over.
CREATE TABLE call_arguments (
    tenant_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    arguments_json TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, call_id)
);

CREATE INDEX call_arguments_by_end ON call_arguments (expires_at);

-- What the pages look like on each host; `*` is every host that has no brand of its own.
CREATE TABLE brands (
    host TEXT NOT NULL PRIMARY KEY,
    brand_json TEXT NOT NULL,
    logo BYTEA,
    logo_type TEXT,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE announcements (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    set_by TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);

-- What the tenant wants: a plan, and the integrations that it has chosen. When it was deleted, only its books are left.
ALTER TABLE tenants ADD COLUMN plan TEXT;
ALTER TABLE tenants ADD COLUMN wanted TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tenants ADD COLUMN deleted_at BIGINT;

-- All accounts that the grant reaches; `accounts_json` are those of them that may be used.
ALTER TABLE connections ADD COLUMN offered_json TEXT NOT NULL DEFAULT '[]';
SET LOCAL app.system = 'on';
UPDATE connections SET offered_json = accounts_json;

-- By when an ended connection's credential is to be revoked at the vendor, and how often that was tried.
ALTER TABLE credentials ADD COLUMN revoke_at BIGINT;
ALTER TABLE credentials ADD COLUMN revoke_tries BIGINT NOT NULL DEFAULT 0;
