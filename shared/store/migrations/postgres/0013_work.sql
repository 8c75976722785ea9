-- What is done in the background. Whoever has the lease does it; nobody else does meanwhile. All instants are those of the
-- database's clock.
CREATE TABLE work_items (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- A slot begins each time so many microseconds are over. None: it is done once.
    every BIGINT,
    -- None while it is done and nothing was asked for afterwards.
    run_at BIGINT,
    -- Begun so often since it last ended well.
    attempts BIGINT NOT NULL,
    -- Grows with each lease: who has an old one has none.
    fence BIGINT NOT NULL,
    leased_until BIGINT,
    leased_by TEXT,
    last_started_at BIGINT,
    last_ended_at BIGINT,
    last_error TEXT,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX work_items_run_at ON work_items (run_at);

-- The processes that serve, as they say themselves.
CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    roles_json TEXT NOT NULL,
    servers_json TEXT NOT NULL,
    version TEXT NOT NULL,
    address TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
