"""Tickets of a ledger on a server, shelf by shelf: what is not closed, and each month of what is.

All shelves show one instant, however long they are read and by how many processes: the server keeps
it for as long as the shelves are there. Nobody who writes waits for that.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from sdcli.ledger.interface import BLOCK, Block, Shelf
from sdcli.ledger.postgres.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sdcli.tickets.ticket import Ticket

Read: TypeAlias = "Callable[[Connection, str], Iterator[Ticket]]"

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_OPEN = "status <> 'closed' AND record = 'request'"

_CONTENT = """bit_xor(timestamp_hash_extended(
            last_recorded AT TIME ZONE 'UTC', hashint8extended(number, version)
        ))"""

_BLOCKS = f"""SELECT number / {BLOCK} AS block, count(*), {_CONTENT}
    FROM tickets WHERE {_OPEN} GROUP BY block ORDER BY block"""
"""As of months, an index tells what is in a block."""

_MARKS = "SELECT number, version, last_recorded FROM tickets WHERE {where} ORDER BY number"

_MONTH = """status = 'closed' AND record = 'request'
    AND touched_at >= timestamp '{month}' AT TIME ZONE 'UTC'
    AND touched_at < (timestamp '{month}' + interval '1 month') AT TIME ZONE 'UTC'"""

_MONTHS = f"""SELECT date_trunc('month', touched_at, 'UTC') AS month, count(*),
        {_CONTENT}, max(touched_at)
    FROM tickets
    WHERE status = 'closed' AND touched_at >= date_trunc('month', %s::timestamptz, 'UTC')
    GROUP BY month ORDER BY month"""
"""What is in a month is told by which tickets are, how many events each has, and when the last one
was recorded: an index holds that, so the tickets need not be read. A ticket with as many events is
the same, but where a server has lost the last ones and others came instead, at another time."""


class _Instant:
    """A ledger as it is now, for as long as this is there.

    Args:
        connection: whose ledger; it is not used itself.
        read: gives the tickets of which a condition holds, in the order of their references.
    """

    def __init__(self, connection: Connection, read: Read) -> None:
        self._like, self._read = connection, read
        self._holds = Connection(connection.address, connection.wait_s)
        self._holds.ask(_BEGIN)
        self.ask = self._holds.ask
        [[self._snapshot]] = self.ask("SELECT pg_export_snapshot()")
        self._own: dict[int, tuple[Connection, AbstractContextManager[object]]] = {}

    def tickets(self, where: str) -> Iterator[Ticket]:
        """The tickets of which a condition holds.

        They come by a connection of their own, so several processes can read at once.
        """
        apart = Connection(self._like.address, self._like.wait_s)
        try:
            with apart.unit(self._same_instant, reads=True):
                yield from self._read(apart, where)
        finally:
            apart.close()

    @property
    def _same_instant(self) -> str:
        return f"{_BEGIN}; SET TRANSACTION SNAPSHOT '{self._snapshot}'"

    def _here(self) -> Connection:
        """The connection by which this process reads blocks: there are many, and they are short."""
        process = os.getpid()
        if process not in self._own:
            here = Connection(self._like.address, self._like.wait_s)
            unit = here.unit(self._same_instant, reads=True)
            unit.__enter__()  # it lasts as long as the shelves do
            self._own[process] = here, unit
        return self._own[process][0]

    def blocks(self, ledger: str) -> list[Block]:
        """The requests that are not closed, block by block."""
        return [
            Block(
                number,
                ledger,
                partial("{} {}".format, rows, content),
                rows,
                partial(self._marks, _range(number)),
                partial(self._some, _range(number)),
            )
            for number, rows, content in self.ask(_BLOCKS)
        ]

    def _marks(self, where: str) -> dict[int, bytes]:
        return {
            number: b"%d %d" % (version, round(recorded.timestamp() * 1_000_000))
            for number, version, recorded in self._here().ask(_MARKS.format(where=where))
        }

    def _some(self, where: str, numbers: Collection[int]) -> Iterator[Ticket]:
        some = ",".join(map(str, numbers))
        return self._read(self._here(), f"{where} AND number = ANY ('{{{some}}}')")


def _range(block: int) -> str:
    return f"{_OPEN} AND number >= {block * BLOCK} AND number < {(block + 1) * BLOCK}"


def shelves(connection: Connection, since: datetime | None, read: Read) -> list[Shelf]:
    """See `Reader.shelves`.

    Args:
        connection: to the ledger.
        since: months that were over before it are left out.
        read: gives the tickets of which a condition holds, in the order of their references.
    """
    now = _Instant(connection, read)
    [[ledger]] = now.ask("SELECT id FROM meta")
    [[rows]] = now.ask(f"SELECT count(*) FROM tickets WHERE {_OPEN}")
    found = [Shelf("", None, rows, partial(now.tickets, _OPEN), partial(now.blocks, ledger))]
    for month, count, content, newest in now.ask(_MONTHS, since or "-infinity"):
        name = f"{ledger} {month:%Y-%m} {count} {content}"
        where = _MONTH.format(month=f"{month:%Y-%m-%d}")
        found.append(Shelf(name, newest, count, partial(now.tickets, where)))
    return found
