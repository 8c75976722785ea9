-- When a call last had the credential given out, to the hour: the access tokens of connections in use are refreshed ahead.
ALTER TABLE credentials ADD COLUMN leased_at INTEGER;

-- What owners and admins were written about the end of a connection, so that each is written once.
CREATE TABLE connection_reminders (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    -- The end that is foretold; of a connection that has broken, when the credential was stored that has ended.
    about INTEGER NOT NULL,
    -- So many days before; nought of one that has broken.
    days INTEGER NOT NULL,
    -- The people whom a mail has reached.
    told TEXT NOT NULL,
    -- Until then nobody else mails it.
    taken_until INTEGER NOT NULL,
    -- When all had been told.
    told_at INTEGER,
    PRIMARY KEY (tenant_id, connection_id, about, days),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES connections (tenant_id, id)
) STRICT;
