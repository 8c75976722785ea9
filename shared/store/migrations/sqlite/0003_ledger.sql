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
    list_price INTEGER NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    duration_micros INTEGER NOT NULL,
    upstream_requests INTEGER NOT NULL,
    steps TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    trace_id TEXT,
    sandbox INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, call_id)
) STRICT;

CREATE INDEX calls_by_tenant_and_time ON calls (tenant_id, started_at);

CREATE TRIGGER calls_are_not_changed BEFORE UPDATE ON calls
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER calls_are_not_deleted BEFORE DELETE ON calls
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
