-- What a tenant's people were told, of its money and of its connections, so that each of them is told each thing once.
CREATE TABLE notices (
    tenant_id TEXT NOT NULL,
    key TEXT NOT NULL,
    -- The people whom a mail has reached.
    told TEXT NOT NULL,
    -- Until then nobody else mails it.
    taken_until BIGINT NOT NULL,
    -- When all had been told.
    told_at BIGINT,
    PRIMARY KEY (tenant_id, key)
);

SET LOCAL app.system = 'on';
INSERT INTO notices SELECT tenant_id, key, '[]', sent_at, sent_at FROM billing_notices;
INSERT INTO notices
SELECT tenant_id, 'connection/' || connection_id || '/' || about || '/' || days, told, taken_until, told_at
FROM connection_reminders;
DROP TABLE billing_notices;
DROP TABLE connection_reminders;
