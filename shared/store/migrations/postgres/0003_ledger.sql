-- Refers to nothing: a call stays on the books when its tenant or connection is gone.
CREATE TABLE calls (
    call_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    connection_id TEXT,
    principal TEXT NOT NULL,
    client TEXT,
    integration TEXT NOT NULL,
    tool TEXT NOT NULL,
    outcome TEXT NOT NULL,
    class TEXT,
    list_price BIGINT NOT NULL,
    price BIGINT NOT NULL,
    currency TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    duration_micros BIGINT NOT NULL,
    upstream_requests BIGINT NOT NULL,
    steps TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    trace_id TEXT,
    sandbox BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, call_id)
);

CREATE INDEX calls_by_tenant_and_time ON calls (tenant_id, started_at);

-- For sums over all tenants: rows lie in the order of time, so a few pages of index do.
CREATE INDEX calls_by_time ON calls USING brin (started_at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END $$;

-- The application has no right to change a call; this stops the owner too.
CREATE TRIGGER calls_are_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON calls
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
