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

-- What they include lets a list say how many there are without reading them, and a report which of
-- them have changed.
CREATE INDEX tickets_open ON tickets (priority, opened_at, number)
    INCLUDE (status, record, void, version, last_recorded) WHERE status <> 'closed';
CREATE INDEX tickets_open_queue ON tickets (queue, priority, opened_at, number)
    INCLUDE (status, record, void) WHERE status <> 'closed' AND NOT void;
CREATE INDEX tickets_open_assignee ON tickets (assignee, priority, opened_at, number)
    INCLUDE (status, record, void) WHERE status <> 'closed' AND NOT void AND assignee <> '';
CREATE INDEX tickets_open_service ON tickets (service, priority, opened_at, number)
    INCLUDE (status, record, void) WHERE status <> 'closed' AND NOT void;
CREATE INDEX tickets_closed ON tickets (touched_at, number)
    INCLUDE (version, last_recorded) WHERE status = 'closed';
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
-- A ticket without a row is over: it gets one when it changes. `worker` is the check that has it in
-- hand, until `leased` by the server's clock; that shares the work, and no more depends on it.
CREATE TABLE clocks (
    ticket bigint PRIMARY KEY,
    wake timestamptz NOT NULL,
    rules text COLLATE "C" NOT NULL DEFAULT '',
    worker text NOT NULL DEFAULT '',
    leased timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX clocks_wake ON clocks (wake, ticket);
CREATE INDEX clocks_rules ON clocks (rules, ticket);

-- By which service levels the desk works, and the host whose files they were first; and the hosts
-- that write, each with those of its files.
CREATE TABLE desk_levels (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    hash text COLLATE "C" NOT NULL,
    host text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE hosts (
    name text PRIMARY KEY,
    hash text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

-- A host is about to write, with these service levels in its files: null if the desk works by
-- them, else what it works by. A host that is alone with its files may change them.
CREATE FUNCTION comes_with(here text, files text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    desk desk_levels;
BEGIN
    SELECT * INTO desk FROM desk_levels;
    IF NOT FOUND THEN
        INSERT INTO desk_levels (hash, host) VALUES (files, here) ON CONFLICT DO NOTHING;
        SELECT * INTO desk FROM desk_levels;
    END IF;
    IF desk.hash <> files AND desk.host = here AND NOT EXISTS (
        SELECT FROM hosts WHERE hosts.hash = desk.hash AND name <> here
    ) THEN
        UPDATE desk_levels SET hash = files, since = now()
        WHERE desk_levels.hash = desk.hash AND host = here;
        SELECT * INTO desk FROM desk_levels;
    END IF;
    IF desk.hash <> files THEN
        RETURN json_build_object('hash', desk.hash, 'host', desk.host, 'since', desk.since)::text;
    END IF;
    IF NOT EXISTS (SELECT FROM hosts WHERE name = here AND hosts.hash = files) THEN
        INSERT INTO hosts (name, hash) VALUES (here, files)
        ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, since = excluded.since;
    END IF;
    RETURN NULL;
END
$$;

-- What tickets say: the words that they have or had, and every word that there is. A word may be in
-- the lexicon twice, so that nobody waits for somebody else who has just come to write it.
CREATE TABLE texts (
    ticket bigint PRIMARY KEY,
    words tsvector NOT NULL
);
CREATE INDEX texts_words ON texts USING gin (words);
CREATE TABLE lexicon (
    word text COLLATE "C" NOT NULL
);
CREATE INDEX lexicon_word ON lexicon (word);

CREATE TABLE levels (
    hash text PRIMARY KEY CHECK (hash = encode(sha256(content), 'hex')),
    content bytea NOT NULL
);

CREATE TABLE heartbeat (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    at timestamptz NOT NULL,
    by text NOT NULL
);

-- What is under way, for whoever goes on with it: which survey is being mailed.
CREATE TABLE memos (
    name text PRIMARY KEY,
    content bytea NOT NULL
);

CREATE SEQUENCE numbers AS bigint;

-- The partition of a month, made by whoever needs it first. A table of its name that is there and
-- has been detached takes nothing.
CREATE FUNCTION month_of(moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC');
    next date := first + interval '1 month';
    name text := 'events_' || to_char(first, 'YYYY_MM');
BEGIN
    IF moment NOT BETWEEN '1900-01-01' AND '2199-12-31' THEN
        RAISE EXCEPTION 'nothing is recorded at %', moment USING ERRCODE = 'check_violation';
    END IF;
    IF pg_partition_root(to_regclass(name)) IS NOT NULL THEN
        RETURN;
    END IF;
    -- It is what ATTACH takes; with it comes the knowledge of what others have made meanwhile.
    LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
    IF pg_partition_root(to_regclass(name)) IS NOT NULL THEN
        RETURN;
    END IF;
    IF to_regclass(name) IS NOT NULL THEN
        RAISE EXCEPTION '%.%', current_schema(), name USING ERRCODE = 'SD003';
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', name);
    EXECUTE format(
        'ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, first || ' 00:00:00Z', next || ' 00:00:00Z'
    );
END
$$;

-- Refuses events that do not follow one another as the lifecycle says, or not end as the row does.
CREATE FUNCTION legal(number bigint, status text, refolded boolean, ticket json, events json)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    IF (SELECT bool_or(e ->> 'before' = '' AND e ->> 'kind' <> 'opened') AND NOT (
        refolded AND bool_or(e ->> 'body' LIKE '%"entered":"%' OR e ->> 'kind' = 'undone')
    ) FROM json_array_elements(events) AS e) THEN
        RAISE EXCEPTION 'an event of ticket % does not say where it leads', number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
    END IF;
    IF refolded THEN
        RETURN;
    END IF;
    SELECT each.kind, each.before, each.led_to INTO wrong FROM (
        SELECT e ->> 'kind' AS kind, e ->> 'before' AS before, seq,
            lag(e ->> 'after', 1, status) OVER (ORDER BY seq) AS led_to
        FROM json_array_elements(events) WITH ORDINALITY AS e (e, seq)
    ) AS each WHERE each.before <> each.led_to ORDER BY each.seq LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ticket % is %, and "%" begins at %',
            number, wrong.led_to, wrong.kind, wrong.before
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
    END IF;
    IF events -> -1 ->> 'after' <> ticket ->> 'status' THEN
        RAISE EXCEPTION 'ticket % does not end as its last event says', number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
    END IF;
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
-- It is held against its row by what tells events apart; what else it says, and whether the row of
-- the ticket follows from all its events, is for whoever examines the ledger.
CREATE FUNCTION append(changes json) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    change record;
    was record;
    first json;
    recorded timestamptz;
    many integer;
    put integer;
BEGIN
    FOR change IN
        SELECT * FROM json_to_recordset(changes) AS c(
            number bigint, known integer, refolded boolean, row json, events json,
            gone text[], found text[], once text[], never text[], words text[]
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

        -- An expression by itself is not planned: one event alone, which is nearly always so, takes
        -- a third of the time.
        first := change.events -> 0;
        many := json_array_length(change.events);
        IF change.refolded OR many > 1 THEN
            PERFORM legal(change.number, was.status, change.refolded, change.row, change.events);
        ELSIF first ->> 'before' <> was.status
            OR first ->> 'before' = '' AND first ->> 'kind' <> 'opened' THEN
            RAISE EXCEPTION 'ticket % is %, and "%" begins at %',
                change.number, was.status, first ->> 'kind', first ->> 'before'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
        ELSIF first ->> 'after' <> change.row ->> 'status' THEN
            RAISE EXCEPTION 'ticket % does not end as its last event says', change.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'legal_step';
        END IF;

        recorded := change.row ->> 'first_recorded';
        IF recorded <> (change.row ->> 'last_recorded')::timestamptz THEN
            PERFORM month_of(m.recorded) FROM (
                SELECT DISTINCT date_trunc('month', (e ->> 'recorded')::timestamptz, 'UTC') AS recorded
                FROM json_array_elements(change.events) AS e
            ) AS m;
        ELSIF pg_partition_root(
            to_regclass(to_char(recorded AT TIME ZONE 'UTC', '"events_"YYYY_MM'))
        ) IS NULL THEN
            PERFORM month_of(recorded);
        END IF;
        INSERT INTO events
        SELECT change.number, change.known + e.seq, e.recorded, e.id, e.at, e.by, e.kind,
            change.row ->> 'record', e.before, e.after, e.body::json
        FROM ROWS FROM (json_to_recordset(change.events) AS (
            recorded timestamptz, id text, at timestamptz, by text, kind text,
            before text, after text, body text
        )) WITH ORDINALITY AS e(recorded, id, at, by, kind, before, after, body, seq)
        WHERE replace(e.body, '\u0000', '\ufffd')::json ->> 'id' = e.id
            AND replace(e.body, '\u0000', '\ufffd')::json ->> 'kind' = e.kind;
        GET DIAGNOSTICS put = ROW_COUNT;
        IF put <> many OR many = 0 THEN
            RAISE EXCEPTION 'an event of ticket % is not what its row says', change.number
                USING ERRCODE = 'check_violation';
        END IF;

        IF change.known = 0 THEN
            INSERT INTO tickets
            SELECT r.* FROM json_populate_record(null::tickets, change.row) AS r
            WHERE r.number = change.number AND r.version = many;
        ELSE
            UPDATE tickets AS t SET
                version = r.version, status = r.status, type = r.type, service = r.service,
                priority = r.priority, queue = r.queue, assignee = r.assignee,
                opened_at = r.opened_at, touched_at = r.touched_at, void = r.void,
                needs_validation = r.needs_validation, articles = r.articles,
                first_recorded = least(t.first_recorded, r.first_recorded),
                last_recorded = greatest(t.last_recorded, r.last_recorded), state = r.state
            FROM json_populate_record(null::tickets, change.row) AS r
            WHERE t.number = change.number AND r.number = t.number AND r.record = t.record
                AND r.version = change.known + many;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the row of ticket % is not its own', change.number
                USING ERRCODE = 'check_violation';
        END IF;

        IF cardinality(change.gone) > 0 THEN
            DELETE FROM keys WHERE ticket = change.number AND key = ANY (change.gone);
        END IF;
        IF cardinality(change.found) > 0 THEN
            INSERT INTO keys SELECT new.key, change.number FROM unnest(change.found) AS new (key);
        END IF;
        IF cardinality(change.never) > 0 THEN
            DELETE FROM once WHERE ticket = change.number AND key = ANY (change.never);
        END IF;
        IF cardinality(change.once) > 0 THEN
            INSERT INTO once SELECT new.key, change.number FROM unnest(change.once) AS new (key);
        END IF;
        IF cardinality(change.words) > 0 THEN
            INSERT INTO lexicon SELECT new.word FROM unnest(change.words) AS new (word)
            WHERE new.word <> '-' AND new.word <> ALL (
                ARRAY(SELECT l.word FROM lexicon AS l WHERE l.word = ANY (change.words))
            );
            INSERT INTO texts AS t VALUES (change.number, array_to_tsvector(change.words))
            ON CONFLICT (ticket) DO UPDATE SET words = CASE
                WHEN length(t.words) + length(excluded.words) > 4000 THEN array_to_tsvector('{-}')
                ELSE t.words || excluded.words
            END;
        END IF;
        INSERT INTO clocks AS c (ticket, wake) VALUES (change.number, '-infinity')
        ON CONFLICT (ticket) DO UPDATE SET wake = '-infinity' WHERE c.wake <> '-infinity';
    END LOOP;
END
$$;

-- Roles. A writer may read, draw references and call the functions below and `append`; it changes
-- nothing by hand. A reader may read. Who may what is granted by `sdcli ledger init`.

-- To lock a row, a role must have the right to change a column of it. This one has nothing in it
-- and takes nothing.
ALTER TABLE tickets ADD COLUMN held boolean CHECK (held IS NULL);

CREATE FUNCTION only_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ticket is changed by its events only'
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER only_locked BEFORE UPDATE OF held ON tickets
    FOR EACH STATEMENT EXECUTE FUNCTION only_locked();

-- What is kept under its hash is what it says.
CREATE FUNCTION keep_levels(hash text, content bytea) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO levels (hash, content) VALUES ($1, $2)
    ON CONFLICT (hash) DO UPDATE SET content = excluded.content
$$;

CREATE FUNCTION beat(at timestamptz, by text, ahead_days integer) RETURNS void
LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO heartbeat AS h (at, by) VALUES ($1, $2)
    ON CONFLICT (single) DO UPDATE SET at = excluded.at, by = excluded.by;
    SELECT month_of($1 + least(greatest($3, 0), 62) * interval '1 day')
$$;

-- Files of tickets, each once, by the SHA-256 of what is in it: there on every host.
CREATE TABLE files (
    hash text COLLATE "C" PRIMARY KEY CHECK (hash = encode(sha256(content), 'hex')),
    content bytea NOT NULL
);
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION keep_file(hash text, content bytea) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO files (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING
$$;

-- Why the ledger takes no changes: it has moved, or is being copied. Empty while it does. The
-- trigger is enabled only while it is closed, so that it costs nothing before that.
ALTER TABLE meta ADD COLUMN closed text NOT NULL DEFAULT '';

CREATE FUNCTION refuse(mark text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', mark USING ERRCODE = 'SD001';
END
$$;

CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mark text := (SELECT m.closed FROM meta AS m);
BEGIN
    IF mark <> '' THEN
        PERFORM refuse(mark);
    END IF;
    RETURN NULL;
END
$$;

-- What a program is told that connects: that it is of another version, or that this has moved.
CREATE FUNCTION greet(version integer, program integer, closed text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF version IS NULL THEN
        RAISE EXCEPTION 'its table meta has no row' USING ERRCODE = 'data_corrupted';
    END IF;
    IF version <> program THEN
        RAISE EXCEPTION '%', version USING ERRCODE = 'SD002';
    END IF;
    RAISE NOTICE 'closed: %', closed;
END
$$;

CREATE TRIGGER closed BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION closed();
ALTER TABLE events DISABLE TRIGGER closed;

-- Tickets that a repair has set aside because their events make none: why, and what the row said.
-- The events are where they were; without a row nothing reads them, and the number is a gap.
CREATE TABLE damage (
    ticket bigint PRIMARY KEY,
    reason text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    was json
);

-- No check of the clocks looks at these any more. What is open stays, whoever says that it is over.
CREATE FUNCTION let_go(over bigint[]) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    DELETE FROM clocks AS c WHERE c.ticket = ANY (over) AND NOT EXISTS (
        SELECT FROM tickets AS t WHERE t.number = c.ticket
            AND t.status <> 'closed' AND NOT t.void AND t.record = 'request'
    )
$$;
