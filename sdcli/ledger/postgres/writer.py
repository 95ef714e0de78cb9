"""A unit of work on a server: what it looks up to decide by stays as it is until it is committed.

A ticket that is got is locked, and so is a key by which tickets are told apart. Everything else
is read as it is then; a ticket that somebody else changed meanwhile makes the unit a conflict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.errors import NoSuchTicketError
from sdcli.ledger.postgres.connection import Mark
from sdcli.ledger.postgres.reader import PAGE, ROW, PostgresReader, number_in
from sdcli.ledger.postgres.rows import (
    PREFIX,
    encoded,
    event_rows,
    key_of,
    mails_of,
    once_of,
    row_of,
    stored_keys,
)
from sdcli.ledger.postgres.words import new_words
from sdcli.tickets.base import act_name
from sdcli.tickets.ticket import advance, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sdcli.ledger.interface import Due, Look, Shelf, Unread
    from sdcli.ledger.postgres.clocks import Claims, Rested
    from sdcli.ledger.postgres.connection import Connection
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

_TOLD_APART = frozenset(
    [
        "alert",
        "seen",
        "absorbed",
        "idempotency",
        "problem",
        "source",
        "message",
        "topic",
        "storm",
        "outage",
        "survey",
    ]
)
"""The first words of the keys that tell whether something is here already."""


def _tells_apart(key: str) -> bool:
    return key.partition(" ")[0] in _TOLD_APART


class PostgresWriter(PostgresReader):
    """Adds to the ledger, in the transaction that its connection is in.

    Args:
        connection: the transaction has begun.
        rehearses: nothing will be committed, so no reference is used up.
        claims: the tickets that were left to it by `Ledger.sift`.
        copies: what it adds happened in another ledger, where a mail may be on two tickets.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        rehearses: bool,
        claims: Claims | None = None,
        copies: bool = False,
    ) -> None:
        super().__init__(connection)
        self._copies = copies
        self._claims = claims
        self._rests: list[Rested] = []
        self._rehearses = rehearses
        self._known: dict[int, Ticket] = {}
        self._own: set[int] = set()
        self._before: dict[int, Ticket | None] = {}
        self._added: dict[int, list[AnyEvent]] = {}
        self._flushing = False
        self._rehearsed = 0
        self.has_begun = False
        """Whether this made the first ticket of all."""

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`; nobody else can change it then."""
        number = number_in(ref)
        if number not in self._known:
            sql = f"SELECT {ROW} FROM tickets AS t WHERE number = %s FOR UPDATE"
            if not (found := self._read(sql, number)):
                raise NoSuchTicketError(ref)
            self._known[number] = found[0]
        return self._known[number]

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.create`."""
        fold(f"{PREFIX}1", events)  # what is refused uses up no reference
        number = self._next()
        ticket = fold(f"{PREFIX}{number}", events)
        self.has_begun = self.has_begun or (number == 1 and not self._rehearses)
        self._put(number, None, ticket, events)
        return ticket

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.append`."""
        number = number_in(ticket.ref)
        if number in self._own:
            ticket = self._known[number]
        after = advance(ticket, events)
        self._put(number, ticket, after, events)
        return after

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """See `Reader.shelves`: all is one, with what was added."""
        from sdcli.ledger.interface import Shelf  # noqa: PLC0415 - hardly ever

        del since
        self.flush()
        return [Shelf("", None, self.count(), lambda: self.those("record = 'request'"))]

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """See `Reader.due`: what somebody else is changing just now is left to the next check."""
        del due
        numbers = self._claims.held(self._connection) if self._claims else []
        for start in range(0, len(numbers), PAGE):
            page = numbers[start : start + PAGE]
            sql = f"SELECT {ROW} FROM tickets AS t WHERE number = ANY (%s) ORDER BY number"
            for ticket in self._tickets(self._ask(sql, page), unread):
                self._known.setdefault(number_in(ticket.ref), ticket)
                yield ticket

    def only_once(self, act: int) -> None:
        """See `Writer.only_once`; the lock is held until a commit that hangs is decided."""
        self._lock(f"act {act_name(act)}")

    def rest(self, ticket: Ticket, due: Due, look: Look) -> None:
        """See `Writer.rest`."""
        from sdcli.ledger.postgres.clocks import Rested  # noqa: PLC0415 - only checks

        rest = look(ticket)
        if rest:
            self._rests.append(Rested(number_in(ticket.ref), rest, due))

    def finish(self) -> None:
        """Have everything on the server, in the transaction that is about to be committed."""
        self.flush()
        if self._rests:  # after what has changed these tickets
            from sdcli.ledger.postgres.clocks import let_rest  # noqa: PLC0415 - as above

            let_rest(self._connection, self._rests)

    def flush(self) -> None:
        """Have what was added so far on the server, in the transaction."""
        if not self._added or self._flushing:
            return
        self._flushing = True
        try:
            changes = [self._change(number) for number in self._added]
            sql = "SELECT append(%s), pg_current_xact_id()::text"
            [[_, transaction]] = self._connection.ask(sql, encoded(changes))
        finally:
            self._flushing = False
        number, events = next(iter(self._added.items()))
        self._connection.mark(Mark(transaction, number, events[0].id))
        self._added.clear()
        self._before.clear()

    def _put(
        self, number: int, before: Ticket | None, after: Ticket, events: Sequence[AnyEvent]
    ) -> None:
        self._before.setdefault(number, before)
        self._own.add(number)
        self._known[number] = after
        self._added.setdefault(number, []).extend(events)

    def _change(self, number: int) -> dict[str, Any]:
        """What `append` takes of one ticket."""
        before, after, new = self._before[number], self._known[number], self._added[number]
        rows, refolded = event_rows(before, new)
        had = stored_keys(before) if before else frozenset()
        has = stored_keys(after)
        was_once = once_of(before, ()) if before else frozenset()
        is_once = once_of(after, new) - (mails_of(new) if self._copies else frozenset())
        return {
            "number": number,
            "known": len(before.events) if before else 0,
            "refolded": refolded,
            "row": row_of(after, new),
            "events": rows,
            "gone": sorted(had - has),
            "found": sorted(has - had),
            "once": sorted(is_once - was_once),
            "never": sorted(was_once - is_once),
            "words": new_words(before, after),
        }

    def _next(self) -> int:
        """The next reference; a rehearsal only looks what it would be."""
        if not self._rehearses:
            return int(self._connection.ask("SELECT nextval('numbers')")[0][0])
        if not self._rehearsed:
            sql = "SELECT last_value + is_called::int - 1 FROM numbers"
            self._rehearsed = int(self._connection.ask(sql)[0][0])
        self._rehearsed += 1
        return self._rehearsed

    def _ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        self.flush()
        return super()._ask(sql, *args)

    def _locking(self, sql: str, key: str) -> str:
        if not _tells_apart(key):
            return sql
        self._lock(key_of(key))
        return f"{sql} FOR UPDATE OF t"

    def _lock(self, key: str) -> None:
        """Keep others from a key until the transaction ends."""
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        self._ask(lock, f"{self._connection.address.schema} {key}")

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """See `Reader.having`; nobody else can change what is found by a key that tells apart."""
        is_locked = _tells_apart(key)
        for ticket in super().having(key, since, most):
            if is_locked:
                self._known.setdefault(number_in(ticket.ref), ticket)
            yield ticket

    def _tickets(
        self, rows: Sequence[tuple[Any, ...]], unread: Unread | None = None
    ) -> Iterator[Ticket]:
        """The tickets of these rows; what the unit of work knows already is not read again."""
        read = super()._tickets([row for row in rows if row[0] not in self._known], unread)
        found = {number_in(ticket.ref): ticket for ticket in read}
        there = (self._known.get(row[0]) or found.get(row[0]) for row in rows)
        return (ticket for ticket in there if ticket is not None)
