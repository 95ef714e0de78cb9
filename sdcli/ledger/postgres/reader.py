"""Tickets of a ledger on a server: looked up, listed, found by key."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from sdcli.errors import LedgerDamagedError, NoSuchTicketError
from sdcli.ledger.postgres.asked import condition
from sdcli.ledger.postgres.rows import PREFIX, Stored, key_of, ticket_of
from sdcli.ledger.postgres.words import MOST_ALIKE
from sdcli.tickets import keys
from sdcli.tickets.query import MOST_LEFT, Query, cut, pressing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sdcli.ledger.interface import Due, Shelf, Unread
    from sdcli.ledger.postgres.connection import Connection
    from sdcli.tickets.ticket import Ticket

ROW = "t.number, t.version, t.state, t.first_recorded, t.last_recorded"
PAGE = 500
_EXACT = 100_000
"""Up to so many tickets are counted; beyond that the newest reference tells about how many."""


class PostgresReader:
    """Reads the ledger as it is now, or as it is for the unit of work that is under way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        found = self._read(f"SELECT {ROW} FROM tickets AS t WHERE number = %s", number_in(ref))
        if not found:
            raise NoSuchTicketError(ref)
        return found[0]

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        wanted = condition(query, self._words_like)
        sql = f"SELECT {ROW} FROM tickets AS t WHERE {wanted.sql} ORDER BY number"
        return (ticket for ticket in self._all(sql, *wanted.args) if query.matches(ticket))

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """See `Reader.shelves`: what is not closed is one, and each month of closed ones another."""
        from sdcli.ledger.postgres.shelved import shelves  # noqa: PLC0415 - only reports need it

        return shelves(
            self._connection, since, lambda there, where: PostgresReader(there).those(where)
        )

    def those(self, where: str) -> Iterator[Ticket]:
        """The tickets of which a condition holds, in the order of their references.

        The server puts their numbers in order, and not the tickets, which may fill a disk.
        """
        sql = f"SELECT number FROM tickets WHERE {where} ORDER BY number"
        rows = f"SELECT {ROW} FROM tickets AS t WHERE number = ANY (%s) ORDER BY number"
        for page in self._connection.pages(sql, (), PAGE):
            yield from self._read(rows, [number for [number] in page])

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """See `Reader.most_pressing`."""
        wanted = condition(query, self._words_like)
        if not wanted.is_exact:
            return cut(pressing(self.find(query)), most)
        where = f"FROM tickets AS t WHERE {wanted.sql}"
        order = "ORDER BY priority, opened_at, number LIMIT %s"
        first = self._read(f"SELECT {ROW} {where} {order}", *wanted.args, most)
        if len(first) < most:
            return first, 0
        counted = f"SELECT count(*) FROM (SELECT {where} LIMIT %s) AS counted"
        [[number]] = self._ask(counted, *wanted.args, most + MOST_LEFT + 1)
        return first, max(0, int(number) - len(first))  # others may have changed some

    def count(self) -> int:
        """See `Reader.count`; of more than a hundred thousand it is the newest reference."""
        [[last]] = self._ask("SELECT last_value FROM numbers")
        if last > _EXACT:
            return int(last)
        [[number]] = self._ask("SELECT count(*) FROM tickets")
        return int(number)

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        return next(self.having(keys.alert(key), most=1), None)

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        return next(self.having(keys.idempotency(key), most=1), None)

    def by_source(self, source: str) -> Ticket | None:
        """See `Reader.by_source`."""
        return next(self.having(keys.source(source), most=1), None)

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """See `Reader.by_sources`."""
        wanted = [key_of(keys.source(source)) for source in sources if source]
        sql = f"""SELECT {ROW} FROM tickets AS t
            WHERE number IN (SELECT ticket FROM keys WHERE key = ANY (%s)) ORDER BY number"""
        return (ticket for ticket in self._all(sql, wanted) if ticket.source in sources)

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """See `Reader.having`; all that is asked for is given, but where some are enough."""
        late, args = "", list[object]([key_of(key)])
        if since and most is not None:
            late = "AND (t.status <> 'closed' OR t.touched_at >= %s)"
            args.append(since)
        sql = f"""SELECT {ROW} FROM keys JOIN tickets AS t ON t.number = keys.ticket
            WHERE keys.key = %s {late} ORDER BY keys.ticket DESC"""
        pages = self._connection.pages(self._locking(sql, key), args, PAGE, most)
        found = (ticket for page in pages for ticket in self._tickets(page))
        return islice((ticket for ticket in found if key in keys.keys_of(ticket)), most)

    def how_many(self, key: str) -> int:
        """See `Reader.how_many`."""
        [[number]] = self._ask("SELECT count(*) FROM keys WHERE key = %s", key_of(key))
        return int(number)

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """See `Reader.older`."""
        highest = number_in(than) if than else 1 << 62
        lowest = number_in(down_to) if down_to else 0
        sql = f"""SELECT {ROW} FROM tickets AS t
            WHERE number > %s AND number < %s ORDER BY number DESC LIMIT %s"""
        return self._read(sql, lowest, highest, most)

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """See `Reader.closed_since`."""
        sql = f"""SELECT {ROW} FROM tickets AS t WHERE status = 'closed' AND NOT void
            AND record = 'request' AND touched_at >= %s AND number > %s ORDER BY number LIMIT %s"""
        return self._read(sql, since, number_in(after) if after else 0, most)

    def _words_like(self, pattern: str) -> list[str] | None:
        """The words in the lexicon like a pattern of LIKE; None if they are too many."""
        sql = "SELECT word FROM lexicon WHERE word LIKE %s LIMIT %s"
        found = self._ask(sql, pattern, MOST_ALIKE + 1)
        return [word for [word] in found] if len(found) <= MOST_ALIKE else None

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """See `Reader.due`."""
        from sdcli.ledger.postgres.clocks import DUE, bounds  # noqa: PLC0415 - only checks

        sql = f"""SELECT {ROW} FROM tickets AS t
            WHERE number IN (SELECT ticket FROM clocks WHERE {" OR ".join(DUE)}) ORDER BY number"""
        for page in self._connection.pages(sql, bounds(due), PAGE):
            yield from self._tickets(page, unread)

    def _locking(self, sql: str, key: str) -> str:
        """The statement, with what keeps others from a key that is looked up; readers lock nothing."""
        del key
        return sql

    def _ask(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        return self._connection.ask(sql, *args)

    def _all(self, sql: str, *args: object) -> Iterator[Ticket]:
        """The tickets of rows, page by page, all as they were at one instant."""
        for page in self._connection.pages(sql, args, PAGE):
            yield from self._tickets(page)

    def _read(self, sql: str, *args: object) -> list[Ticket]:
        """The tickets of rows, all at once."""
        return list(self._tickets(self._ask(sql, *args)))

    def _tickets(
        self, rows: Sequence[tuple[Any, ...]], unread: Unread | None = None
    ) -> Iterator[Ticket]:
        """The tickets of these rows, with their events, in the order of the rows.

        Raises:
            LedgerDamagedError: one cannot be read, and there is no `unread` to be told.
        """
        events = self._events(rows)
        place = self._connection.address.shown
        for number, version, state, _, _ in rows:
            known = events.get(number, [])[:version]
            try:
                yield ticket_of(Stored(number, version, state, known), place)
            except LedgerDamagedError as error:
                if unread is None:
                    raise
                unread(f"{PREFIX}{number}", error)

    def _events(self, rows: Sequence[tuple[Any, ...]]) -> dict[int, list[str]]:
        if not rows:
            return {}
        found: dict[int, list[str]] = {}
        sql = """SELECT ticket, body::text FROM events WHERE ticket = ANY (%s)
            AND recorded >= %s AND recorded <= %s ORDER BY ticket, seq"""
        first, last = min(row[3] for row in rows), max(row[4] for row in rows)
        for number, body in self._ask(sql, [row[0] for row in rows], first, last):
            found.setdefault(number, []).append(body)
        return found


def number_in(ref: str) -> int:
    """The number of a reference: `SD-42` to 42.

    Raises:
        NoSuchTicketError: it is no reference of this ledger.
    """
    if not re.fullmatch(r"SD-[1-9][0-9]{0,15}", ref):
        raise NoSuchTicketError(ref)
    return int(ref[len(PREFIX) :])
