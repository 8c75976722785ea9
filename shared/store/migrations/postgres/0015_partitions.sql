-- The ledger by month. A question about some weeks reads the tables of those months and no other, and a month's indexes
-- stay small enough to lie in memory while it is written. What no month takes goes to `calls_rest`.

SET LOCAL app.system = 'on';

ALTER TABLE calls RENAME TO calls_before;
ALTER INDEX calls_pkey RENAME TO calls_before_pkey;
ALTER INDEX calls_by_tenant_and_time RENAME TO calls_before_by_tenant_and_time;
ALTER INDEX calls_by_time RENAME TO calls_before_by_time;

CREATE TABLE calls (LIKE calls_before INCLUDING DEFAULTS) PARTITION BY RANGE (started_at);

-- A call's id is made once, with the instant at which it began: the two together are as unique as the id.
ALTER TABLE calls ADD PRIMARY KEY (tenant_id, call_id, started_at);

CREATE INDEX calls_by_tenant_and_time ON calls (tenant_id, started_at);
CREATE INDEX calls_by_principal ON calls (tenant_id, principal, started_at);
CREATE INDEX calls_by_tool ON calls (tenant_id, integration, tool, started_at);
-- Most calls succeed, and most have no trace: these three are small.
CREATE INDEX calls_failed ON calls (tenant_id, started_at)
WHERE outcome IN ('caller_fault', 'switched_off', 'throttled', 'breaker_open', 'upstream_fault', 'our_fault');
CREATE INDEX calls_by_outcome ON calls (tenant_id, outcome, started_at) WHERE outcome <> 'success';
CREATE INDEX calls_by_trace ON calls (tenant_id, trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX calls_by_time ON calls USING brin (started_at);

CREATE TRIGGER calls_are_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON calls
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the roles may do with the table they may do with the new one, from the same moment on.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT grantee::regrole AS role, privilege_type AS privilege
        FROM pg_class, aclexplode(relacl)
        WHERE oid = 'calls_before'::regclass AND grantee NOT IN (0, relowner)
    LOOP
        EXECUTE format('GRANT %s ON calls TO %s', given.privilege, given.role);
    END LOOP;
END $$;

-- Guards a part of the ledger as the ledger is guarded: whoever reads it by its own name sees no more, and nobody changes it.
-- A trigger of statements is not passed on to parts, nor is row-level security.
CREATE FUNCTION guard_calls(part regclass) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($q$CREATE POLICY tenant ON %s
        USING (tenant_id = nullif(current_setting('app.tenant_id', true), '') OR current_setting('app.system', true) = 'on')
        WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '') OR current_setting('app.system', true) = 'on')$q$, part);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', 'part_is_not_changed', part);
END $$;

REVOKE ALL ON FUNCTION guard_calls(regclass) FROM PUBLIC;

CREATE POLICY tenant ON calls
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '') OR current_setting('app.system', true) = 'on')
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '') OR current_setting('app.system', true) = 'on');
ALTER TABLE calls ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE TABLE calls_rest PARTITION OF calls DEFAULT;
SELECT guard_calls('calls_rest');

-- Makes the months from the one of `first` to the one of `last` (instants in microseconds) that are missing, and says of each
-- of those whether it could: where `calls_rest` has calls of a month, they stay there, and the month is not made. It runs as the
-- owner of the tables, so that the role that serves needs no right to make any; what it makes is named by the month alone.
CREATE FUNCTION make_call_partitions(first BIGINT, last BIGINT) RETURNS TABLE (name TEXT, made BOOLEAN)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    month timestamp := date_trunc('month', timestamp 'epoch' + first * interval '1 microsecond');
    newest timestamp := timestamp 'epoch' + last * interval '1 microsecond';
    since bigint;
    until bigint;
BEGIN
    IF newest > month + interval '10 years' OR abs(extract(year FROM month) - extract(year FROM now())) > 10 THEN
        RAISE EXCEPTION 'the ledger has months of ten years, not from % to %', month, newest USING ERRCODE = '22008';
    END IF;
    -- Of two at once the second finds all made.
    PERFORM pg_advisory_xact_lock(hashtext('turnpike.make_call_partitions'));
    WHILE month <= newest LOOP
        name := 'calls_' || to_char(month, 'YYYY_MM');
        IF to_regclass('public.' || name) IS NULL THEN
            since := (extract(epoch FROM month) * 1000000)::bigint;
            until := (extract(epoch FROM month + interval '1 month') * 1000000)::bigint;
            BEGIN
                -- Attaching lets others read and write the ledger meanwhile; a table made as a part would not.
                EXECUTE format('CREATE TABLE public.%I (LIKE public.calls INCLUDING DEFAULTS)', name);
                EXECUTE format('ALTER TABLE public.calls ATTACH PARTITION public.%I FOR VALUES FROM (%s) TO (%s)', name, since, until);
                PERFORM public.guard_calls(('public.' || name)::regclass);
                made := true;
            EXCEPTION WHEN check_violation THEN
                made := false;
            END;
            RETURN NEXT;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION make_call_partitions(BIGINT, BIGINT) FROM PUBLIC;

-- The months that have calls already, leaving out what a wrong clock wrote; `migrate` makes those to come.
SELECT make_call_partitions(month, month) FROM (
    SELECT DISTINCT (extract(epoch FROM date_trunc('month', timestamp 'epoch' + started_at * interval '1 microsecond')) * 1000000)::bigint
    FROM calls_before
    WHERE abs(started_at - extract(epoch FROM now()) * 1000000) < 5 * 365 * 86400 * 1000000::bigint
) AS months (month);

INSERT INTO calls SELECT * FROM calls_before;

DROP TABLE calls_before;
