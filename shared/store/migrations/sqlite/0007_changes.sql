-- A preview that was applied is the change itself: with these it can be taken back.
ALTER TABLE previews ADD COLUMN arguments_json TEXT NOT NULL DEFAULT '{}';
ALTER TABLE previews ADD COLUMN reverts TEXT;
ALTER TABLE previews ADD COLUMN reverted_by TEXT;

CREATE TABLE write_policies (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    max_amount INTEGER NOT NULL,
    max_rise_percent INTEGER NOT NULL,
    approve_amount INTEGER NOT NULL,
    approve_rise_percent INTEGER NOT NULL,
    approve_starts INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, connection_id),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
) STRICT;

CREATE TABLE approvals (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    preview_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied')),
    requested_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, preview_id),
    FOREIGN KEY (tenant_id, preview_id) REFERENCES previews (tenant_id, id)
) STRICT;
