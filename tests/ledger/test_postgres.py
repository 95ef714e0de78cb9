"""What only a server promises: events for ever, lawful steps, one of each, and many hosts at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from psycopg2 import errors as sql

from sdcli.errors import ConflictError
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledger.postgres.rows import (
    EVENT_COLUMNS,
    TICKET_COLUMNS,
    derived,
    event_rows,
    row_of,
)
from sdcli.ledger.postgres.schema import legal_steps
from sdcli.tickets import lifecycle
from sdcli.tickets.event import Accepted, Noted, Resolved, Resumed, Waited
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import PROBLEM, STATUSES, Record
from tests.homes import PostgresStorage
from tests.ledger.making import ALL, closing, mark, noted, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.ledger.interface import Ledger
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

PATIENCE_S = 120


@pytest.fixture(name="storage")
def _storage(tmp_path: Path, new_ledger: Callable[[], str]) -> PostgresStorage:
    """A ledger without tickets on the server."""
    return PostgresStorage(tmp_path, new_ledger())


@pytest.fixture(name="ledger")
def _ledger(storage: PostgresStorage) -> Ledger:
    """The ledger, opened once."""
    return storage.ledger()


def put(ledger: Ledger, **more: Any) -> str:
    """A new ticket in a commit of its own; its reference."""
    with ledger.write() as writer:
        return writer.create([opened(**more)]).ref


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '{}'",
        "UPDATE events SET by = 'mallory' WHERE seq = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE ticket = 1 AND seq = 2",
        "UPDATE {month} SET at = now()",
        "DELETE FROM {month}",
    ],
)
def test_what_happened_is_never_changed(
    storage: PostgresStorage, ledger: Ledger, statement: str
) -> None:
    """Whoever changes or takes away an event is refused, the owner too, in any partition."""
    put(ledger)
    with ledger.write() as writer:
        writer.append(writer.get("SD-1"), [noted()])
    before = storage.content()
    with pytest.raises(sql.RestrictViolation, match="never changed"):
        storage.ask(statement.replace("{month}", "events_2026_11"))
    assert storage.content() == before


KINDS = sorted({step.split(" ")[1] for step in legal_steps()})
RECORDS: tuple[Record, ...] = ("request", PROBLEM)


BY_HAND = """
CREATE FUNCTION by_hand(steps json) RETURNS TABLE (step text) LANGUAGE plpgsql AS $$
DECLARE
    each record;
BEGIN
    FOR each IN SELECT * FROM json_to_recordset(steps)
        AS s(record text, kind text, before text, after text)
    LOOP
        BEGIN
            INSERT INTO events VALUES (1, CASE each.kind WHEN 'opened' THEN 1 ELSE 2 END,
                '2026-11-24', 'x', now(), 'x', each.kind, each.record, each.before, each.after, '{}');
            RAISE 'taken' USING ERRCODE = 'XX999';
        EXCEPTION
            WHEN SQLSTATE 'XX999' THEN
                step := concat_ws(' ', each.record, each.kind, each.before, each.after);
                RETURN NEXT;
            WHEN check_violation THEN
                IF SQLERRM NOT LIKE '%"legal_step"%' THEN RAISE; END IF;
        END;
    END LOOP;
END
$$
"""
"""Which of these events the table takes, when each is written into it by hand."""


@pytest.mark.parametrize("record", RECORDS)
def test_the_table_refuses_what_the_lifecycle_refuses(
    storage: PostgresStorage, ledger: Ledger, record: str
) -> None:
    """Of every kind, from every state to every state, exactly the legal steps can be written."""
    put(ledger)  # it makes the month
    kinds = [*KINDS, "nonsense", "resolved "]
    every = [
        {"record": record, "kind": kind, "before": before, "after": after}
        for kind, before, after in product(kinds, ("", *STATUSES), STATUSES)
    ]
    storage.ask(BY_HAND)
    taken = storage.ask("SELECT step FROM by_hand(%s)", msgspec.json.encode(every).decode())
    legal = [step for step in legal_steps() if step.startswith(f"{record} ")]
    assert sorted(step for (step,) in taken) == legal


ILLEGAL = [
    (record, kind, status)
    for record in RECORDS
    for kind, leads_to in sorted(lifecycle.table(record).items())
    for status in STATUSES
    if status not in leads_to
]


BRINGS: dict[str, list[AnyEvent]] = {
    "new": [],
    "in_progress": [Accepted(*mark())],
    "waiting": [Accepted(*mark()), Waited(*mark(), waiting_for="user")],
    "resolved": [Resolved(*mark(), code="fixed")],
    "closed": [*closing()],
}
"""What brings a request into each state."""


@pytest.mark.parametrize("status", STATUSES)
def test_nobody_gets_past_the_lifecycle_through_the_one_way_in(
    storage: PostgresStorage, ledger: Ledger, status: str
) -> None:
    """A false program that calls `append` itself is refused every step that is not legal.

    It may say that the event leads from the state it is legal in, or from the one the ticket is in.
    """
    with ledger.write() as writer:
        writer.append(writer.create([opened()]), BRINGS[status])
    ticket = ledger.get("SD-1")
    assert ticket.status == status
    for record, kind, state in ILLEGAL:
        legal = lifecycle.table("request").get(kind, {})
        for before in {status, *legal} if (record, state) == ("request", status) else ():
            led_to = legal.get(before, status)
            with pytest.raises(sql.CheckViolation):
                storage.ask("SELECT append(%s)", forged(ticket, kind, before, led_to, led_to))
    assert ledger.get("SD-1") == ticket


def forged(ticket: Ticket, kind: str, before: str, after: str, status: str) -> str:
    """What `append` takes, of an event that no program of ours would write."""
    at, version = "2026-11-24T10:00:00Z", len(ticket.events)
    row = row_of(ticket, ticket.events) | {"version": version + 1, "status": status}
    event = {"recorded": at, "id": "x", "at": at, "by": "x", "kind": kind, "before": before,
             "after": after, "body": "{}"}  # fmt: skip
    row |= {"first_recorded": at, "last_recorded": at}
    change = {"number": 1, "known": version, "refolded": False, "row": row, "events": [event],
              "gone": [], "found": [], "once": [], "never": []}  # fmt: skip
    return msgspec.json.encode([change]).decode()


def test_a_row_says_what_the_last_event_led_to(storage: PostgresStorage, ledger: Ledger) -> None:
    """Nobody closes a ticket by writing into its row what no event says."""
    put(ledger)
    change = forged(ledger.get("SD-1"), "noted", "new", "new", "closed")
    with pytest.raises(sql.CheckViolation, match="does not end as its last event says"):
        storage.ask("SELECT append(%s)", change)


HOST = """
import sys
from datetime import datetime, timezone
from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.intake.recognise import recognise
from sdcli.ledger.postgres import connection
now = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
desk = Desk(sys.argv[1], by=sys.argv[2], now=now, cache="", wait_s=100)
desk.policy
print("ready", flush=True)
for line in sys.stdin:
    (outcome,) = Arrivals(desk).take_in(recognise(line.encode(), desk.formats))
    print(outcome.action, outcome.ticket.ref, flush=True)
"""


class Hosts:
    """Processes that take in what they are sent, all at once.

    Args:
        desk: the folder of the desk of all of them.
        number: how many there are.
    """

    def __init__(self, desk: Path, number: int) -> None:
        self._running = [
            subprocess.Popen(
                [sys.executable, "-c", HOST, str(desk), f"host{host}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for host in range(number)
        ]
        for each in self._running:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"

    def take_in(self, *lines: str) -> list[list[str]]:
        """What each says to each of these lines, which all get at once; then they are over."""
        sent = "".join(f"{line}\n" for line in lines)
        with ThreadPoolExecutor(len(self._running)) as pool:
            told = pool.map(lambda each: each.communicate(sent, timeout=PATIENCE_S), self._running)
        assert [each.returncode for each in self._running] == [0] * len(self._running)
        return [out.splitlines() for out, _ in told]


@pytest.fixture(name="on_a_server")
def _on_a_server(desk_dir: Path, new_ledger: Callable[[], str]) -> PostgresStorage:
    """The ledger of a desk that says it is on the server."""
    where = new_ledger()
    (desk_dir / "settings.yaml").write_text(f"ledger: {where}\n", encoding="utf-8")
    return PostgresStorage(desk_dir, where)


def test_two_hosts_with_one_key_get_one_ticket(on_a_server: PostgresStorage) -> None:
    """However many send the same request at once: one ticket, and all are told which (T23)."""
    lines = [f'{{"summary": "x", "user": "ada", "idempotency_key": "i{n}"}}' for n in range(12)]

    told = Hosts(on_a_server.desk, 4).take_in(*lines)

    tickets = list(on_a_server.ledger().find(ALL))
    assert sorted(ticket.idempotency_key for ticket in tickets) == sorted(
        f"i{n}" for n in range(12)
    )
    for said in zip(*told, strict=True):
        assert len({line.split()[1] for line in said}) == 1
        assert sorted(line.split()[0] for line in said).count("created") == 1


def test_many_hosts_with_one_alert_get_one_ticket(on_a_server: PostgresStorage) -> None:
    """The same alert from many hosts at once is one ticket, and each repetition counts."""
    alert = '{"source": "disk", "key": "host1/disk", "summary": "disk full", "severity": "high"}'

    told = Hosts(on_a_server.desk, 4).take_in(*[alert] * 5)

    [ticket] = on_a_server.ledger().find(ALL)
    assert {line.split()[1] for said in told for line in said} == {ticket.ref}
    assert len(ticket.events) == 20


def test_two_who_write_on_one_ticket_lose_nothing(storage: PostgresStorage) -> None:
    """Events of many that are added to one ticket at once are all there, in one order for all."""
    put(storage.ledger())

    def write(host: int) -> None:
        ledger = storage.ledger(60)
        for number in range(15):
            with ledger.write() as writer:
                ticket = writer.get("SD-1")
                event = Noted(*mark(len(ticket.events) / 100), text=f"{host} {number}")
                writer.append(ticket, [event])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))

    ticket = storage.ledger().get("SD-1")
    texts = [event.text for event in ticket.events if isinstance(event, Noted)]
    assert sorted(texts) == sorted(f"{host} {number}" for host in range(6) for number in range(15))
    for host in range(6):
        own = [text for text in texts if text.startswith(f"{host} ")]
        assert own == [f"{host} {number}" for number in range(15)]
    assert ticket == fold("SD-1", ticket.events)


def test_what_was_only_read_makes_a_conflict(storage: PostgresStorage, ledger: Ledger) -> None:
    """A ticket from a list that somebody else changed meanwhile is not written over."""
    put(ledger)

    def unit() -> None:
        with ledger.write() as writer:
            [ticket] = writer.find(Query())
            with storage.ledger().write() as other:
                other.append(other.get("SD-1"), [Accepted(*mark())])
            writer.append(ticket, [noted()])

    with pytest.raises(ConflictError):
        unit()
    assert [type(event) for event in ledger.get("SD-1").events[1:]] == [Accepted]


def test_there_is_one_of_what_may_be_once(storage: PostgresStorage, ledger: Ledger) -> None:
    """Who records a request without looking whether it is there is stopped by the server."""
    put(ledger, idempotency_key="i")
    with pytest.raises(ConflictError):
        put(storage.ledger(), idempotency_key="i")
    assert [ticket.ref for ticket in ledger.find(ALL)] == ["SD-1"]


def test_a_reference_that_was_given_is_not_given_again(
    storage: PostgresStorage, ledger: Ledger
) -> None:
    """A unit of work that failed leaves a gap, and lists and counts go over it."""
    put(ledger)

    def unit() -> None:
        with ledger.write() as writer:
            assert writer.create([opened()]).ref == "SD-2"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unit()
    assert put(storage.ledger()) == "SD-3"
    assert [ticket.ref for ticket in ledger.find(ALL)] == ["SD-1", "SD-3"]
    assert [ticket.ref for ticket in ledger.older("", 9)] == ["SD-3", "SD-1"]
    assert ledger.count() == 2


def test_a_refused_opening_uses_no_reference_up(ledger: Ledger) -> None:
    """What the lifecycle refuses at once takes no number."""
    with pytest.raises(Exception, match="new"), ledger.write() as writer:
        writer.create([opened(), Resumed(*mark())])
    assert put(ledger) == "SD-1"


def months(storage: PostgresStorage) -> list[str]:
    """The partitions of the events."""
    sql_text = (
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass"
    )
    return sorted(name for (name,) in storage.ask(sql_text))


def test_a_month_that_begins_has_a_place(storage: PostgresStorage) -> None:
    """At the turn of a month many who write first make its partition once, and none waits in vain.

    An event goes where it was recorded, to the microsecond, and a ticket is read over all of them.
    """
    turn = datetime(2027, 1, 1, tzinfo=timezone.utc)
    put(storage.ledger())

    def write(number: int) -> str:
        at = turn + timedelta(microseconds=number - 4)
        event = Noted(f"x{number}", at, "ben", None, text="x")
        with storage.ledger(60).write() as writer:
            ticket = writer.create([opened(f"{number}", hours=-10_000 * (number % 2))])
            return writer.append(ticket, [event]).ref

    with ThreadPoolExecutor(8) as pool:
        refs = list(pool.map(write, range(8)))

    assert {"events_2026_11", "events_2026_12", "events_2027_01"} <= set(months(storage))
    found = storage.ask(
        "SELECT tableoid::regclass::text, recorded FROM events WHERE kind = 'noted'"
    )
    assert {(name, recorded >= turn) for name, recorded in found} == {
        ("events_2026_12", False),
        ("events_2027_01", True),
    }
    assert {ticket.ref for ticket in storage.ledger().find(ALL)} == {"SD-1", *refs}
    assert all(len(storage.ledger().get(ref).events) == 2 for ref in refs)


def test_a_long_reading_keeps_nobody_waiting(storage: PostgresStorage, ledger: Ledger) -> None:
    """While many tickets are being read, others open and close some; the reading sees one instant.

    It sees each ticket with its events as they were then, also those it reads last.
    """
    with ledger.write() as writer:
        for number in range(1200):
            writer.create([opened(f"{number}")])
    reading = ledger.find(ALL)
    seen = [next(reading)]

    other = storage.ledger(0.2)
    put(other, summary="later")
    with other.write() as writer:
        for ref in ("SD-1", "SD-700", "SD-1200"):
            writer.append(writer.get(ref), closing())

    seen += reading
    assert [ticket.ref for ticket in seen] == [f"SD-{number}" for number in range(1, 1201)]
    assert {ticket.status for ticket in seen} == {"new"}
    assert {len(ticket.events) for ticket in seen} == {1}
    assert all(int(a.ref[3:]) < int(b.ref[3:]) for a, b in pairwise(seen))
    assert ledger.get("SD-700").is_closed


def test_commands_rehearse_without_using_a_reference_up(
    on_a_server: PostgresStorage, sd: Runner, sdj: JsonRunner
) -> None:
    """`--dry-run` shows the reference that would be next, as often as it is asked."""
    call = ("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    before = on_a_server.content()
    for _ in range(3):
        assert {event["ref"] for event in sdj(*call, "--dry-run")["events"]} == {"SD-1"}
    assert on_a_server.content() == before
    assert sdj(*call)["ref"] == "SD-1"
    sd("note", "1", "seen", "--dry-run")
    assert sdj(*call, "--new")["ref"] == "SD-2"


def test_nul_characters_are_no_way_around(storage: PostgresStorage, ledger: Ledger) -> None:
    """A text that SQL cannot hold is stored, found and read back; one that looks alike is another."""
    put(ledger, queue="a\x00b", summary='\x00","entered":"2026-11-23T10:00:00Z')
    put(ledger, queue="a\ufffdb")
    assert [t.ref for t in ledger.find(Query(queue="a\x00b"))] == ["SD-1"]
    assert [t.ref for t in ledger.most_pressing(Query(queue="a\ufffdb"), 9)[0]] == ["SD-2"]
    for half in ("\ud800", "a\udfff", "\udc80", "\ufffd" * 3):
        for query in (Query(queue=half), Query(user=half), Query(text=half)):
            assert list(ledger.find(query)) == []
            assert ledger.most_pressing(query, 9) == ([], 0)
        assert ledger.by_key(half) is None
        assert ledger.by_idempotency_key(half) is None
        assert ledger.by_source(half) is None
    with storage.ledger().write() as writer:
        assert writer.by_key("\ud800") is None


def test_a_list_never_leaves_off_less_than_nothing(
    new_ledger: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tickets that are closed between being read and being counted make no negative number."""
    ledger = PostgresLedger(address(new_ledger()), 5)
    with ledger.write() as writer:
        made = [writer.create((opened(),)).ref for _ in range(3)]
    ask = PostgresLedger._ask  # noqa: SLF001 - between two statements

    def late(self: PostgresLedger, sql: str, *args: object) -> list[tuple[Any, ...]]:
        if "AS counted" in sql:
            other = PostgresLedger(ledger._connection.address, 5)  # noqa: SLF001 - the same one
            with other.write() as writer:
                for ref in made:
                    writer.append(writer.get(ref), closing())
        return ask(self, sql, *args)

    monkeypatch.setattr(PostgresLedger, "_ask", late)
    assert ledger.most_pressing(Query(), 2)[1] == 0


def test_the_columns_of_a_ticket_and_of_an_event_are_those_of_the_server(
    new_ledger: Callable[[], str],
) -> None:
    """What is written of a ticket, in whatever way, has the columns of the tables, in their order."""
    connection = Connection(address(new_ledger()), 5)
    sql = """SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0
        AND NOT attisdropped AND attname <> 'held' ORDER BY attnum"""
    for table, columns in (("tickets", TICKET_COLUMNS), ("events", EVENT_COLUMNS)):
        assert tuple(name for (name,) in connection.ask(sql, table)) == columns
    ticket = fold("SD-1", (opened("VPN drops"),))
    assert tuple(derived(ticket).row) == TICKET_COLUMNS
    [event], _ = event_rows(None, ticket.events)
    assert {*event, "ticket", "seq", "record"} == {*EVENT_COLUMNS}
    connection.close()
