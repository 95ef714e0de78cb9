-- The ledger: what happened is in `events`, and nothing in it ever changes. All else is derived.

CREATE TABLE meta (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid(),
    made_at timestamptz NOT NULL DEFAULT now(),
    legal_steps text NOT NULL DEFAULT ''
);

-- A row for each ticket: the folded fields that lists, clocks and look-ups need, and the rest as text.
-- `version` is how many events it has; `state` is the ticket as JSON, with no events in it.
CREATE TABLE tickets (
    number bigint PRIMARY KEY CHECK (number > 0),
    version integer NOT NULL CHECK (version > 0),
    record text COLLATE "C" NOT NULL CHECK (record IN ('request', 'problem')),
    status text COLLATE "C" NOT NULL
        CHECK (status IN ('new', 'in_progress', 'waiting', 'resolved', 'closed')),
    type text COLLATE "C" NOT NULL,
    service text COLLATE "C" NOT NULL,
    priority text COLLATE "C" NOT NULL CHECK (priority IN ('P1', 'P2', 'P3', 'P4', 'P5')),
    queue text COLLATE "C" NOT NULL,
    assignee text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL,
    touched_at timestamptz NOT NULL,
    void boolean NOT NULL,
    needs_validation boolean NOT NULL,
    articles boolean NOT NULL,
    first_recorded timestamptz NOT NULL,
    last_recorded timestamptz NOT NULL,
    state text NOT NULL,
    CHECK (record = 'request' OR status IN ('new', 'in_progress', 'closed')),
    CHECK (first_recorded <= last_recorded)
);

CREATE INDEX tickets_open ON tickets (priority, opened_at, number)
    WHERE status <> 'closed' AND NOT void;
CREATE INDEX tickets_open_queue ON tickets (queue, priority, opened_at, number)
    WHERE status <> 'closed' AND NOT void;
CREATE INDEX tickets_open_assignee ON tickets (assignee, priority, opened_at, number)
    WHERE status <> 'closed' AND NOT void AND assignee <> '';
CREATE INDEX tickets_open_service ON tickets (service, priority, opened_at, number)
    WHERE status <> 'closed' AND NOT void;
CREATE INDEX tickets_closed ON tickets (touched_at, number) WHERE status = 'closed';
CREATE INDEX tickets_resolved ON tickets (touched_at, number) WHERE status = 'resolved';

-- What happened. `recorded` is when it was entered; `before` and `after` are the states it leads
-- from and to, empty where it was entered late or takes something back.
CREATE TABLE events (
    ticket bigint NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    recorded timestamptz NOT NULL,
    id text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    before text COLLATE "C" NOT NULL,
    after text COLLATE "C" NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (ticket, seq, recorded),
    CHECK ((seq = 1) = (kind = 'opened'))
) PARTITION BY RANGE (recorded);

CREATE INDEX events_act ON events (right(id, 8));

CREATE FUNCTION never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened is never changed: table events takes new rows only'
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION never_changes();

-- What tickets can be found by, as they are now.
CREATE TABLE keys (
    key text COLLATE "C" NOT NULL,
    ticket bigint NOT NULL,
    PRIMARY KEY (key, ticket)
);

-- What may be there once, on whatever host it arrived.
CREATE TABLE once (
    key text COLLATE "C" PRIMARY KEY,
    ticket bigint NOT NULL
);

-- When a check of the clocks must look at a ticket again, and by which rules that was found out.
CREATE TABLE clocks (
    ticket bigint PRIMARY KEY,
    wake timestamptz NOT NULL,
    rules text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX clocks_wake ON clocks (wake, ticket);

CREATE TABLE levels (
    hash text PRIMARY KEY,
    content bytea NOT NULL
);

CREATE TABLE heartbeat (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    at timestamptz NOT NULL,
    by text NOT NULL
);

CREATE SEQUENCE numbers AS bigint;

-- The partition of a month, made by whoever needs it first.
CREATE FUNCTION month_of(moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC');
    next date := first + interval '1 month';
    name text := 'events_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(quote_ident(current_schema()) || '.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    -- It is what ATTACH takes; with it comes the knowledge of what others have made meanwhile.
    LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(quote_ident(current_schema()) || '.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', name);
    EXECUTE format(
        'ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, first || ' 00:00:00Z', next || ' 00:00:00Z'
    );
END
$$;

-- Counts what was written, whoever commits it or not: what watches the ledger asks for it, see
-- `version`. A rehearsal is never committed, so it does not count.
CREATE SEQUENCE changes AS bigint;

CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF coalesce(current_setting('sdcli.rehearses', true), '') = '' THEN
        PERFORM nextval('changes');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tickets
    FOR EACH STATEMENT EXECUTE FUNCTION changed();

-- Records one unit of work, ticket by ticket. It is the only way in for whoever may only append.
-- The body of an event comes as a text: no function that takes JSON apart can read a NUL in it.
CREATE FUNCTION append(changes json) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    change record;
    was record;
    wrong record;
BEGIN
    FOR change IN
        SELECT * FROM json_to_recordset(changes) AS c(
            number bigint, known integer, refolded boolean, row json, events json,
            gone text[], found text[], once text[], never text[]
        )
    LOOP
        IF change.known = 0 THEN
            SELECT ''::text AS status, 0 AS version INTO was;
        ELSE
            SELECT status, version INTO was FROM tickets WHERE number = change.number FOR UPDATE;
            IF was.version IS DISTINCT FROM change.known THEN
                RAISE EXCEPTION 'ticket % was changed by somebody else', change.number
                    USING ERRCODE = 'serialization_failure';
            END IF;
        END IF;

        IF (SELECT bool_or(e ->> 'before' = '' AND e ->> 'kind' <> 'opened') AND NOT (
            change.refolded AND bool_or(e ->> 'body' LIKE '%"entered":"%' OR e ->> 'kind' = 'undone')
        ) FROM json_array_elements(change.events) AS e) THEN
            RAISE EXCEPTION 'an event of ticket % does not say where it leads', change.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
        END IF;
        PERFORM month_of(recorded) FROM (
            SELECT DISTINCT date_trunc('month', (e ->> 'recorded')::timestamptz, 'UTC') AS recorded
            FROM json_array_elements(change.events) AS e
        ) AS months;
        INSERT INTO events
        SELECT change.number, change.known + e.seq, e.recorded, e.id, e.at, e.by, e.kind,
            change.row ->> 'record', e.before, e.after, e.body::json
        FROM ROWS FROM (json_to_recordset(change.events) AS (
            recorded timestamptz, id text, at timestamptz, by text, kind text,
            before text, after text, body text
        )) WITH ORDINALITY AS e(recorded, id, at, by, kind, before, after, body, seq);

        IF NOT change.refolded THEN
            SELECT e.kind, e.before, e.led_to INTO wrong FROM (
                SELECT kind, before, after, seq,
                    lag(after, 1, was.status) OVER (ORDER BY seq) AS led_to
                FROM events
                WHERE ticket = change.number AND seq > change.known
                    AND recorded >= (change.row ->> 'first_recorded')::timestamptz
            ) AS e WHERE e.before <> e.led_to ORDER BY e.seq LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'ticket % is %, and "%" begins at %',
                    change.number, wrong.led_to, wrong.kind, wrong.before
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
            END IF;
            IF change.events -> -1 ->> 'after' <> change.row ->> 'status' THEN
                RAISE EXCEPTION 'ticket % does not end as its last event says', change.number
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
            END IF;
        END IF;

        IF change.known = 0 THEN
            INSERT INTO tickets
            SELECT r.* FROM json_populate_record(null::tickets, change.row) AS r;
        ELSE
            UPDATE tickets AS t SET
                version = r.version, status = r.status, type = r.type, service = r.service,
                priority = r.priority, queue = r.queue, assignee = r.assignee,
                opened_at = r.opened_at, touched_at = r.touched_at, void = r.void,
                needs_validation = r.needs_validation, articles = r.articles,
                first_recorded = least(t.first_recorded, r.first_recorded),
                last_recorded = greatest(t.last_recorded, r.last_recorded), state = r.state
            FROM json_populate_record(null::tickets, change.row) AS r
            WHERE t.number = change.number;
        END IF;

        DELETE FROM keys WHERE ticket = change.number AND key = ANY (change.gone);
        INSERT INTO keys SELECT new.key, change.number FROM unnest(change.found) AS new (key);
        DELETE FROM once WHERE ticket = change.number AND key = ANY (change.never);
        INSERT INTO once SELECT new.key, change.number FROM unnest(change.once) AS new (key);
        INSERT INTO clocks AS c (ticket, wake) VALUES (change.number, '-infinity')
        ON CONFLICT (ticket) DO UPDATE SET wake = '-infinity' WHERE c.wake <> '-infinity';
    END LOOP;
END
$$;
