"""The examination of a ledger on a server, and its repair: everything is held against the events.

Rows, keys, and what may be there once are made from events, so they can be made anew. Events are
read as they are, and never changed: a ticket whose events make none is set aside in the table
`damage`, with its row as it was, and its number is a gap from then on. Everything is read in one transaction, in the order of
references, some thousand rows at a time, so that nobody who writes waits and nothing is held in
memory.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from sdcli.errors import IllegalStepError
from sdcli.ledger import closed
from sdcli.ledger.interface import Examination, Finding, Mended
from sdcli.ledger.postgres.clocks import CLOCK, Clock, late
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.moving import months
from sdcli.ledger.postgres.rows import (
    EVENT_COLUMNS,
    PREFIX,
    TICKET_COLUMNS,
    derived,
    once_of,
    plain,
    recorded_at,
    right_row,
    state_of,
    stored_keys,
)
from sdcli.ledger.postgres.words import LEXICON
from sdcli.tickets.base import kind
from sdcli.tickets.event import AnyEvent, Opened, SlaReapplied
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sdcli.ledger.interface import Progress, Resting, Whole
    from sdcli.tickets.ticket import Ticket

_PAGE = 2000
_READ_ONLY = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TELL_EVERY = 200
_EVENT = f"{', '.join(EVENT_COLUMNS)}::text"  # the last one is its JSON
_DERIVED = tuple(name for name in TICKET_COLUMNS if name != "number")


class _Recorded(NamedTuple):
    """A row of `events`."""

    ticket: int
    seq: int
    recorded: Any
    id: str
    at: Any
    by: str
    kind: str
    record: str
    before: str
    after: str
    body: str


class _Found(Struct):
    """What the tables say of one ticket."""

    number: int
    rows: Sequence[tuple[Any, ...]]
    events: Sequence[tuple[Any, ...]]
    keys: Sequence[tuple[Any, ...]]
    once: Sequence[tuple[Any, ...]]
    clocks: Sequence[tuple[Any, ...]]


def examine(
    connection: Connection, progress: Progress, resting: Resting | None = None
) -> Examination:
    """Look at everything; `progress` is told how many tickets have been looked at, and of how many.

    Raises:
        SdcliError: whatever the server, or the way to it, refused.
    """
    apart = Connection(connection.address, connection.wait_s)
    try:
        with apart.unit(_READ_ONLY, reads=True):
            return _Examiner(apart, progress, resting).result()
    finally:
        apart.close()


class _Examiner:
    """Looks at one state of the ledger."""

    def __init__(self, connection: Connection, progress: Progress, resting: Resting | None) -> None:
        self._connection = connection
        self._resting = resting
        self._place = connection.address.shown
        self._progress = progress
        self._findings: list[Finding] = []
        self._files: dict[str, str] = {}
        self._pins: dict[str, str] = {}
        self._missing_once: dict[str, str] = {}
        self._aside: dict[int, str] = {}
        self._remarks: list[str] = []
        self._tickets = self._events = self._highest = 0
        self.wrong: list[int] = []
        self.staying: list[str] = []

    def result(self) -> Examination:
        """The whole examination."""
        [[total]] = self._connection.ask("SELECT count(*) FROM tickets")
        self._aside = dict(self._connection.ask("SELECT ticket, reason FROM damage"))
        for done, found in enumerate(self._walk(), 1):
            before = len(self._findings)
            self._look(found)
            if any(not each.stays for each in self._findings[before:]):
                self.wrong.append(found.number)
            if done % _TELL_EVERY == 0:
                self._progress(done, max(done, total))
        for number, reason in sorted(self._aside.items()):  # those of which there are no events
            self._highest = max(self._highest, number)
            self._set_aside(f"{PREFIX}{number}", reason, "")
        self._once()
        self._partitions()
        mark = closed.read(self._connection.ask("SELECT closed FROM meta")[0][0])
        if mark and not mark.moved:  # the rest of the copy brings what follows
            self._remarks.append(closed.error(self._place, closed.written(mark)).message)
        else:
            self._numbers()
            self._evidence()
        self._progress(total, total)
        return Examination(
            tickets=self._tickets,
            events=self._events,
            months=len(months(self._connection)),
            findings=tuple(self._findings),
            remarks=tuple(self._remarks),
        )

    def _found(self, ref: str, problem: str, *, stays: bool = False) -> None:
        """Note what is wrong; `stays`: nothing can be done about it from the events."""
        self._findings.append(Finding(self._place, -1, ref, problem, stays))
        if stays:
            self.staying.append(f"{ref}: {problem}." if ref else f"{problem}.")

    def _walk(self) -> Iterator[_Found]:
        """What each ticket has in each table, ticket by ticket."""
        columns = f"SELECT number AS ticket, {', '.join(_DERIVED)} FROM tickets ORDER BY number"
        order = "ORDER BY ticket"
        parts = [
            _grouped(self._connection, columns),
            _grouped(self._connection, f"SELECT {_EVENT} FROM events {order}, seq"),
            _grouped(self._connection, f"SELECT ticket, key FROM keys {order}"),
            _grouped(self._connection, f"SELECT ticket, key FROM once {order}"),
            _grouped(self._connection, f"SELECT {CLOCK} FROM clocks {order}"),
        ]
        heads = [next(part, None) for part in parts]
        while present := [head[0] for head in heads if head is not None]:
            number = min(present)
            rows: list[Sequence[tuple[Any, ...]]] = []
            for index, head in enumerate(heads):
                if head is not None and head[0] == number:
                    rows.append(head[1])
                    heads[index] = next(parts[index], None)
                else:
                    rows.append(())
            yield _Found(number, *rows)

    def _look(self, found: _Found) -> None:
        """Hold the rows of a ticket against its events."""
        ref = f"{PREFIX}{found.number}"
        self._events += len(found.events)
        if found.rows or found.events:
            self._highest = max(self._highest, found.number)
        events = [_Recorded(*row) for row in found.events]
        made = made_of(ref, [(event.seq, event.body) for event in events])
        reason = self._aside.pop(found.number, "")
        if reason and not (found.rows or found.keys or found.once):
            self._set_aside(ref, reason, made)
            return
        if not events:
            self._without_events(ref, found)
            return
        if isinstance(made, str):
            self._found(ref, made)
            return
        ticket = made
        self._chain(ref, events, ticket)
        if not found.rows:
            self._found(ref, "it has events, and no row")
            return
        self._tickets += 1
        self._row(ref, found.rows[0], ticket, events)
        self._clocks(ref, found, ticket)
        self._keys(ref, {key for _, key in found.keys}, ticket)
        once = once_of(ticket, ticket.events)
        if extra := {key for _, key in found.once} - once:
            self._found(ref, f"it is found once by what is not its own: {_named(extra)}")
        for key in once - {key for _, key in found.once}:
            self._missing_once[key] = ref
        self._names(ref, ticket)

    def _names(self, ref: str, ticket: Ticket) -> None:
        """Remember what is beside the ticket: files, and service levels."""
        for file in ticket.attachments:
            if not file.refused:
                self._files.setdefault(file.sha256, ref)
        for policy in pins_of(ticket.events):
            self._pins.setdefault(policy, ref)

    def _set_aside(self, ref: str, reason: str, made: Ticket | str) -> None:
        """A ticket that an earlier repair has set aside is no damage any more."""
        if not isinstance(made, str):
            self._found(ref, "it was set aside, and its events make a ticket again")
            return
        self._remarks.append(
            f"{ref} was set aside: {reason}. Its row is in {_damage(self._connection)}, and its "
            "events are where they were."
        )

    def _clocks(self, ref: str, found: _Found, ticket: Ticket) -> None:
        """Every ticket that is open must be looked at by the checks of the clocks, in time."""
        if found.clocks:
            _, *clock = found.clocks[0]
            if problem := late(Clock(*clock), ticket, self._resting):
                self._found(ref, problem)
        elif is_checked(ticket):
            self._found(ref, "no check of the clocks looks at it")

    def _without_events(self, ref: str, found: _Found) -> None:
        where = {
            "tickets": found.rows,
            "keys": found.keys,
            "once": found.once,
            "clocks": found.clocks,
        }
        named = ", ".join(name for name, rows in where.items() if rows)
        self._found(ref, f"it has no events, and rows in {named}")

    def _row(
        self, ref: str, row: tuple[Any, ...], ticket: Ticket, events: Sequence[_Recorded]
    ) -> None:
        right = right_row(ticket, [event.recorded for event in events])
        stored = dict(zip(_DERIVED, row[1:], strict=True))
        wrong = [name for name, value in stored.items() if name != "state" and value != right[name]]
        if stored["state"] != right["state"]:
            wrong += _different(stored["state"], ticket)
        if wrong:
            self._found(ref, f"it is not what its events say: {', '.join(dict.fromkeys(wrong))}")

    def _keys(self, ref: str, stored: set[str], ticket: Ticket) -> None:
        right = stored_keys(ticket)
        if lost := right - stored:
            self._found(ref, f"it is not found by {_named(lost)}")
        if extra := stored - right:
            self._found(ref, f"it is found by what is not its own: {_named(extra)}")

    def _chain(self, ref: str, rows: Sequence[_Recorded], ticket: Ticket) -> None:
        """Hold each row of an event against what is in it, and against the row before it."""
        by_id = {event.id: event for event in ticket.events}
        led_to, is_certain = "", True
        for seq, row in enumerate(rows, 1):
            event = by_id.get(row.id)
            if event is None or not _is_of(row, event, ticket.record):
                said = f"the row of its event {seq} is not what the event says, which counts"
                self._found(ref, said, stays=True)
                return
            says = bool(row.after)
            if says and is_certain and row.before != led_to:
                self._found(
                    ref, f"its event {seq} begins at {row.before!r}, after {led_to!r}", stays=True
                )
                return
            led_to, is_certain = row.after, says
        if is_certain and led_to != ticket.status:
            self._found(
                ref, f"its last event leads to {led_to}, and it is {ticket.status}", stays=True
            )

    def _once(self) -> None:
        """What is to be there once may be another ticket's, but must be somebody's."""
        missing = list(self._missing_once)
        for at in range(0, len(missing), _PAGE):
            sql = "SELECT key FROM once WHERE key = ANY (%s)"
            there = {key for (key,) in self._connection.ask(sql, missing[at : at + _PAGE])}
            for key in missing[at : at + _PAGE]:
                if key not in there:
                    ref = self._missing_once[key]
                    self._found(ref, f"it could be there twice: {_named([key])} is not guarded")
                    self.wrong.append(int(ref[len(PREFIX) :]))

    def _numbers(self) -> None:
        [[last]] = self._connection.ask(
            "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM numbers"
        )
        if last < self._highest:
            ref = f"{PREFIX}{last + 1}"
            self._found("", f"the next reference would be {ref}, which has been given out")

    def _partitions(self) -> None:
        """A month that does not belong to the events is read by nobody."""
        sql = """SELECT relname::text FROM pg_class WHERE relnamespace = %s::regnamespace
            AND relkind = 'r' AND NOT relispartition AND relname ~ '^events_[0-9]{4}_[0-9]{2}$'"""
        for (name,) in self._connection.ask(sql, self._connection.address.schema):
            self._found("", f"the table {name} is no part of the events any more", stays=True)

    def _evidence(self) -> None:
        """Look at every attached file, and at all service levels, that a ticket names."""
        sql = "SELECT hash, encode(sha256(content), 'hex') FROM files WHERE hash = ANY (%s)"
        self._kept(self._files, sql, "the attached file")
        sql = "SELECT hash, encode(sha256(content), 'hex') FROM levels WHERE hash = ANY (%s)"
        self._kept(self._pins, sql, "the policy that it is pinned to")

    def _kept(self, named: dict[str, str], sql: str, what: str) -> None:
        every = sorted(named)
        for at in range(0, len(every), _PAGE):
            there = dict(self._connection.ask(sql, every[at : at + _PAGE]))
            for name in every[at : at + _PAGE]:
                if name not in there:
                    self._found(named[name], f"{what} is missing", stays=True)
                elif there[name] != name:
                    self._found(named[name], f"{what} is not what it was", stays=True)


def made_of(ref: str, events: Sequence[tuple[int, str]]) -> Ticket | str:
    """The ticket that these events make, each with its place; or why they make none."""
    if not events:
        return "it has no events"
    for place, (seq, _) in enumerate(events, 1):
        if seq != place:
            return f"its events do not make a ticket: event {place} has the place {seq}"
    try:
        return folded(ref, [body for _, body in events])
    except _WRONG as error:
        return f"its events do not make a ticket: {error}"


def is_checked(ticket: Ticket) -> bool:
    """Whether it is open, so that checks of the clocks must look at it."""
    return not (ticket.is_closed or ticket.void or ticket.is_problem)


def _damage(connection: Connection) -> str:
    return f"the table {connection.address.schema}.damage"


_WRONG = (msgspec.MsgspecError, UnicodeError, RecursionError, IllegalStepError, TypeError)


def folded(ref: str, bodies: Iterable[str]) -> Ticket:
    """The ticket that these events make.

    Raises:
        MsgspecError, IllegalStepError, TypeError: they make none.
    """
    decode = _decoder().decode
    return fold(ref, [decode(body) for body in bodies])


_DECODERS: list[msgspec.json.Decoder[AnyEvent]] = []


def _decoder() -> msgspec.json.Decoder[AnyEvent]:
    if not _DECODERS:
        _DECODERS.append(msgspec.json.Decoder(AnyEvent))
    return _DECODERS[0]


def pins_of(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The service levels that the events of a ticket pin it to."""
    for event in events:
        if isinstance(event, Opened | SlaReapplied) and event.policy:
            yield event.policy


def _grouped(connection: Connection, sql: str) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """The rows of each ticket, which is their first column, by which they are in order."""
    rows = (row for page in connection.stream(sql, (), _PAGE) for row in page)
    return ((number, list(group)) for number, group in groupby(rows, key=_first))


def _first(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _is_of(row: _Recorded, event: AnyEvent, record: str) -> bool:
    return (row.kind, row.by, row.record, row.at, row.recorded) == (
        kind(event), plain(event.by), record, event.at, recorded_at(event)
    )  # fmt: skip


def _different(state: str, ticket: Ticket) -> list[str]:
    """The names of the folded fields that differ."""
    right = msgspec.json.decode(state_of(ticket))
    try:
        stored = msgspec.json.decode(state)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ["its row cannot be read"]
    names = [name for name in {**stored, **right} if stored.get(name) != right.get(name)]
    return names or ["the order or spelling of its fields"]


def _named(keys: Iterable[str]) -> str:
    from sdcli.errors import listed  # noqa: PLC0415 - only a difference pays for it

    return listed(sorted(keys), 3)


def repair(
    connection: Connection, whole: Whole, progress: Progress, resting: Resting | None = None
) -> Mended:
    """Make anew what does not follow from the events; nobody else writes meanwhile.

    Events stay as they are: a ticket whose events make none is set aside, and told.

    Raises:
        NotAllowedError: this user of the database does not own the ledger.
    """
    apart = Connection(connection.address, connection.wait_s)
    try:
        with apart.unit(_READ_ONLY, reads=True):
            examiner = _Examiner(apart, whole.watching(progress), resting)
            examiner.result()
        lost, told = list[str](), list[str]()
        with apart.unit("BEGIN", patient=True):
            wrong = sorted(set(examiner.wrong))
            for number in wrong:
                if reason := _mend(apart, number):
                    _set_aside(apart, number, reason)
                    lost.append(f"{PREFIX}{number}")
                    told.append(
                        f"{PREFIX}{number}: {reason}. It is set aside: its row is in "
                        f"{_damage(apart)}, and its events are where they were."
                    )
            _mend_numbers(apart)
            _mend_clocks(apart)
            [[tickets]] = apart.ask("SELECT count(*) FROM tickets")
            whole.require()
    finally:
        apart.close()
    remarks = (*told, *examiner.staying)
    return Mended(
        tickets=int(tickets), lost=tuple(lost), remarks=remarks, anew=len(wrong) - len(lost)
    )


def _set_aside(connection: Connection, number: int, reason: str) -> None:
    """Keep what the row of a ticket says where nothing looks for tickets; its events stay."""
    connection.ask(
        "INSERT INTO damage (ticket, reason, was) "
        "SELECT %s, %s, (SELECT row_to_json(t) FROM tickets AS t WHERE number = %s) "
        "ON CONFLICT (ticket) DO UPDATE SET reason = excluded.reason, since = now(), "
        "was = coalesce(excluded.was, damage.was)",
        number,
        plain(reason),
        number,
    )
    connection.ask("DELETE FROM tickets WHERE number = %s", number)
    for table in ("keys", "once", "clocks", "texts"):
        connection.ask(f"DELETE FROM {table} WHERE ticket = %s", number)


def _mend(connection: Connection, number: int) -> str:
    """Write everything about a ticket that follows from its events; or why they make none."""
    ref = f"{PREFIX}{number}"
    sql = "SELECT seq, body::text, recorded FROM events WHERE ticket = %s ORDER BY seq"
    events = connection.ask(sql, number)
    ticket = made_of(ref, [(seq, body) for seq, body, _ in events])
    if isinstance(ticket, str):
        return ticket
    row, keys, once, words = derived(ticket, [recorded for *_, recorded in events])
    connection.ask("DELETE FROM damage WHERE ticket = %s", number)
    values = ", ".join(["%s"] * len(TICKET_COLUMNS))
    changes = ", ".join(f"{name} = excluded.{name}" for name in _DERIVED)
    connection.ask(
        f"INSERT INTO tickets ({', '.join(TICKET_COLUMNS)}) VALUES ({values}) "
        f"ON CONFLICT (number) DO UPDATE SET {changes}",
        *row.values(),
    )
    connection.ask(LEXICON, words)
    connection.ask(
        "INSERT INTO texts VALUES (%s, array_to_tsvector(%s::text[])) "
        "ON CONFLICT (ticket) DO UPDATE SET words = excluded.words",
        number,
        words,
    )
    for table, right in (("keys", keys), ("once", once)):
        connection.ask(
            f"DELETE FROM {table} WHERE ticket = %s AND NOT key = ANY (%s)", number, right
        )
        connection.ask(
            f"INSERT INTO {table} SELECT key, %s FROM unnest(%s::text[]) AS new (key) "
            "ON CONFLICT DO NOTHING",
            number,
            right,
        )
    connection.ask(
        "INSERT INTO clocks (ticket, wake) VALUES (%s, '-infinity') "
        "ON CONFLICT (ticket) DO UPDATE SET wake = excluded.wake, worker = '', leased = '-infinity'",
        number,
    )
    return ""


def _mend_numbers(connection: Connection) -> None:
    from sdcli.ledger.postgres.fill import set_next  # noqa: PLC0415 - as above

    [[highest]] = connection.ask(
        "SELECT greatest((SELECT max(number) FROM tickets), (SELECT max(ticket) FROM events), "
        "(SELECT max(ticket) FROM damage), 0)"
    )
    set_next(connection, int(highest) + 1)


def _mend_clocks(connection: Connection) -> None:
    """Have the next check look at every open ticket: it finds out which may rest."""
    connection.ask(
        "INSERT INTO clocks AS c (ticket, wake) SELECT number, '-infinity' FROM tickets "
        "WHERE status <> 'closed' AND NOT void "
        "ON CONFLICT (ticket) DO UPDATE SET wake = '-infinity', worker = '', leased = '-infinity' "
        "WHERE c.wake <> '-infinity' OR c.leased <> '-infinity'"
    )
