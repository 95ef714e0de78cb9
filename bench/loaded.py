"""Ledgers on a server to measure: so many open and so many closed tickets, loaded by COPY.

Tickets have four to six events over their months, as the program itself folds them and makes rows
of them. Those made from one pattern differ in references, ids, callers and a number in what they say.
"""

from __future__ import annotations

import io
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
from desks import DETAILS, PRIORITIES, QUEUES, SERVICES

from sdcli.ledger.postgres.rows import (
    EVENT_COLUMNS,
    TICKET_COLUMNS,
    event_rows,
    row_of,
    stored_keys,
)
from sdcli.ledger.postgres.words import words_of
from sdcli.tickets.event import Accepted, Classified, Closed, Noted, Opened, Resolved, Waited
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.tickets.event import AnyEvent

MONTHS = 24
OPEN_DAYS = 60
CALLERS, CASES = 20_000, 500_000
DUE = 1000
"""So many open tickets are due for a check of the clocks."""

_SHAPES = 8
_NUMBER, _ID, _CASE, _CALLER = "9999999999", "qidq", "qcaseq", "qcallerq"
_CHUNK = 20_000
_TABLES = {
    "tickets": f"tickets ({', '.join(TICKET_COLUMNS)})", "keys": "keys", "texts": "texts",
    "events": f"events ({', '.join(EVENT_COLUMNS)})",
}  # fmt: skip
_WORDS = (
    "vpn drops every morning", "printer offline second floor", "password reset locked account",
    "report of last month incomplete", "laptop battery swollen", "mail delayed outside company",
    "shared drive read only", "phone headset silent",
)  # fmt: skip


class Loaded(NamedTuple):
    """What a load took: seconds for rows and for indexes, and the bytes that it takes now."""

    tickets: int
    events: int
    rows_s: float
    indexes_s: float
    size: int


def load(url: str, schema: str, *, open_: int, closed: int, tell: Callable[[str], None]) -> Loaded:
    """Fill an empty ledger.

    The patterns are of the program; rows are made of them as text. Indexes are made afterwards.
    """
    connection = psycopg2.connect(url, options=f"-csearch_path={schema}")
    connection.autocommit = True
    cursor = connection.cursor()
    begun = time.perf_counter()
    again = _without_indexes(cursor, schema)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    cursor.execute("SELECT last_value + is_called::int FROM numbers")
    [number] = cursor.fetchone() or [1]
    events, words = 0, set[str]()
    for month in range(MONTHS):
        last = now - timedelta(days=30 * (MONTHS - month))
        patterns = [
            _pattern(_closed(last + timedelta(days=day, hours=shape), shape))
            for day in range(29)
            for shape in range(_SHAPES)
        ]
        count = closed // MONTHS + (month < closed % MONTHS)
        events += _copy(cursor, patterns, number, count, words)
        number += count
        tell(f"{number - 1:,} tickets, {time.perf_counter() - begun:.0f} s")
    patterns = [
        _pattern(_open(now - timedelta(days=day, hours=shape + 1), shape))
        for day in range(OPEN_DAYS)
        for shape in range(_SHAPES)
    ]
    first = number
    events += _copy(cursor, patterns, number, open_, words)
    number += open_
    _lexicon(cursor, words, min(number, CASES))
    cursor.execute("SELECT setval('numbers', %s)", [number - 1])
    _clocks(cursor, first, open_)
    rows_s = time.perf_counter() - begun
    tell(f"rows: {rows_s:.0f} s")
    cursor.execute("SET maintenance_work_mem TO '1GB'")
    for statement in again:
        cursor.execute(statement)
        tell(f"{time.perf_counter() - begun:.0f} s: {statement[:70]}")
    cursor.execute("VACUUM ANALYZE tickets, events, keys, texts, lexicon, clocks")
    cursor.execute("CHECKPOINT")
    indexes_s = time.perf_counter() - begun - rows_s
    cursor.execute(
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
        "WHERE relnamespace = %s::regnamespace AND relkind = 'r'", [schema]
    )  # fmt: skip
    [size] = cursor.fetchone() or [0]
    connection.close()
    return Loaded(number - 1, events, rows_s, indexes_s, int(size))


def _without_indexes(cursor: Any, schema: str) -> list[str]:
    """Drop what is made faster afterwards; the statements that make it again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes AS i WHERE schemaname = %s AND tablename = "
        "ANY ('{tickets,texts,lexicon,keys,events}') AND NOT EXISTS (SELECT FROM pg_constraint "
        "WHERE conname = indexname)", [schema]
    )  # fmt: skip
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("ALTER TABLE keys DROP CONSTRAINT keys_pkey")
    return [
        "ALTER TABLE keys ADD PRIMARY KEY (key, ticket)",
        *(made.replace(" ON ONLY ", " ON ") for _, made in found),
    ]


class _Pattern(NamedTuple):
    """The rows of a ticket, by table, as COPY takes them, and the words that it says."""

    rows: dict[str, str]
    words: frozenset[str]
    events: int
    months: frozenset[datetime]


def _copy(
    cursor: Any, patterns: Sequence[_Pattern], first: int, count: int, words: set[str]
) -> int:
    """Load so many tickets; how many events they have."""
    for at in frozenset().union(*(each.months for each in patterns)):
        cursor.execute("SELECT month_of(%s)", [at])
    for each in patterns:
        words |= each.words
    events = 0
    for start in range(first, first + count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, first + count))
        events += sum(patterns[number % len(patterns)].events for number in numbers)
        for table, target in _TABLES.items():
            text = "".join(_rows(patterns, numbers, table))
            cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO(text))
    return events


def _rows(patterns: Sequence[_Pattern], numbers: range, table: str) -> Iterator[str]:
    count = len(patterns)
    for number in numbers:
        text = patterns[number % count].rows[table]
        text = text.replace(_NUMBER, str(number)).replace(_ID, f"{number:010d}")
        text = text.replace(_CASE, f"{number % CASES:06d}")
        yield text.replace(_CALLER, f"{number % CALLERS:05d}")


def _pattern(events: list[AnyEvent]) -> _Pattern:
    ticket = fold(f"SD-{_NUMBER}", events)
    row = row_of(ticket, events)
    made, _ = event_rows(None, events)
    lines = [
        (_NUMBER, seq, each["recorded"], each["id"], each["at"], each["by"], each["kind"],
         ticket.record, each["before"], each["after"], each["body"])
        for seq, each in enumerate(made, 1)
    ]  # fmt: skip
    words = words_of(ticket)
    rows = {
        "tickets": _line(row.values()),
        "keys": "".join(_line((key, _NUMBER)) for key in sorted(stored_keys(ticket))),
        "texts": _line((_NUMBER, " ".join(f"'{word}'" for word in sorted(words)))),
        "events": "".join(map(_line, lines)),
    }
    months = frozenset(each["recorded"].replace(day=1, hour=1) for each in made)
    return _Pattern(rows, words, len(events), months)


def _line(values: Any) -> str:
    """A row of COPY."""
    return "\t".join(map(_field, values)) + "\n"


def _field(value: object) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _lexicon(cursor: Any, words: set[str], cases: int) -> None:
    plain = sorted(word for word in words if _CASE not in word and _CALLER not in word)
    cursor.execute("INSERT INTO lexicon SELECT unnest(%s)", [plain])
    cursor.execute(
        "INSERT INTO lexicon SELECT lpad(n::text, 6, '0') FROM generate_series(0, %s) AS n",
        [cases - 1],
    )


def _clocks(cursor: Any, first: int, count: int) -> None:
    """Open tickets are to be looked at some time in the next month, and a few of them now."""
    cursor.execute("SELECT max(rules) FROM clocks")
    [rules] = cursor.fetchone() or [""]
    cursor.execute(
        "INSERT INTO clocks (ticket, wake, rules) SELECT n, CASE WHEN n %% %s = 0 THEN now() - "
        "interval '1 minute' ELSE now() + (1 + n %% 720) * interval '1 hour' END, %s "
        "FROM generate_series(%s::bigint, %s) AS n ON CONFLICT (ticket) DO NOTHING",
        [max(1, count // DUE), rules or "", first, first + count - 1],
    )


def _mark(index: int, at: datetime, by: str) -> tuple[str, datetime, str]:
    return f"01JD{_ID}{index:012d}", at, by


def _opened(at: datetime, shape: int) -> Opened:
    return Opened(
        *_mark(0, at, "ben"),
        summary=f"{_WORDS[shape % len(_WORDS)].capitalize()}, case {_CASE}",
        queue=QUEUES[shape % len(QUEUES)],
        priority=PRIORITIES[shape % len(PRIORITIES)],
        channel="phone",
        requester=f"user{_CALLER}",
        caller_class="employee",
        type="incident",
        service=SERVICES[shape % len(SERVICES)],
        impact="medium",
        urgency="medium",
        details=DETAILS,
    )


def _begun(at: datetime, shape: int) -> list[AnyEvent]:
    """An opening and its first steps."""
    classified = Classified(
        *_mark(1, at + timedelta(minutes=4), "ben"),
        type="incident",
        service=SERVICES[shape % len(SERVICES)],
        feature="unknown",
        impact="medium",
        urgency="medium",
        priority=PRIORITIES[shape % len(PRIORITIES)],
    )
    return [_opened(at, shape), classified, Accepted(*_mark(2, at + timedelta(minutes=9), "ben"))]


def _open(at: datetime, shape: int) -> list[AnyEvent]:
    note = Noted(*_mark(3, at + timedelta(minutes=20), "ben"), text="We call back.", visible=True)
    if shape % 2:
        wait = _mark(4, at + timedelta(minutes=30), "ben")
        return [*_begun(at, shape), note, Waited(*wait, waiting_for="caller", reason="Which one?")]
    return [*_begun(at, shape), note]


def _closed(at: datetime, shape: int) -> list[AnyEvent]:
    ends = at + timedelta(hours=1 + 2 * shape)
    events = _begun(at, shape)
    if shape % 2:
        events.append(Noted(*_mark(3, at + timedelta(minutes=20), "ben"), text="Called back."))
    return [
        *events,
        Resolved(*_mark(4, ends - timedelta(minutes=5), "ben"), code="solved", note="Restarted."),
        Closed(*_mark(5, ends, "ben"), code="solved", confirmed_by="ada", via="phone"),
    ]
