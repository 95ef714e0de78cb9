"""A sound ledger made from a stream of tickets in one pass, in memory that does not grow with it.

Lines are laid aside by the month in which a ticket was closed, and then each month becomes its
archive; so do the keys, of which one month at a time is sorted.
"""

from __future__ import annotations

import heapq
import os
from array import array
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from sdcli.ledger.folders import make_folder
from sdcli.ledger.tiny.compact import archive_is_worth_it
from sdcli.ledger.tiny.document import (
    FORMAT,
    Archive,
    DocumentWriter,
    Extent,
    Meta,
    key_line,
    key_number,
    number_of,
    ticket_line,
)
from sdcli.ledger.tiny.files import replacing
from sdcli.ledger.tiny.image import Places, archive_name
from sdcli.ledger.tiny.journal import header_line
from sdcli.ledger.tiny.rows import PREFIX, row_bytes
from sdcli.tickets.keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sdcli.tickets.ticket import Ticket

_NOWHERE = Extent(0, 0, 0)
_GENERATION = 1
_MOST_OPEN = 64
"""Files of months that are held open at once."""
_STAYING = ""
"""What the tickets that go into no archive are laid aside as."""


class _Month(Struct):
    """What was laid aside of a month: how many lines and keys, and what its archive says."""

    path: str
    rows: int = 0
    closed: int = 0
    first: int = 0
    last: int = 0
    newest: datetime | None = None


def fill(folder: str, tickets: Iterable[Ticket], next_number: Callable[[], int]) -> Places:
    """Write a ledger into an empty folder; the tickets come in the order of their references.

    `next_number`: tells, once all have come, which reference is the next.

    Raises:
        OSError: it could not be written.
    """
    places = Places(folder)
    with ExitStack() as stack:
        aside = _Aside(stack, os.path.join(folder, "aside"))
        for ticket in tickets:
            aside.put(ticket)
        stack.close()
        next_ = max(next_number(), aside.last + 1)
        archives = _archives(places, aside)
        parts = [aside.months[name] for name in sorted(aside.months)]
        staying = [each for each in parts if each.path not in aside.archived]
        meta = Meta(
            format=FORMAT,
            generation=_GENERATION,
            next=next_,
            tickets=_NOWHERE,
            keys=_NOWHERE,
            closed=sum(each.closed for each in staying),
            archives=archives,
            gaps=aside.gaps(next_),
        )
        with replacing(places.snapshot, like=places.snapshot) as stream:
            written = _document(stream, staying, meta)
        with replacing(places.journal, like=places.snapshot) as stream:
            stream.write(header_line(_GENERATION, written.sum))
        aside.sweep()
    return places


class _Aside:
    """Lays tickets aside by month, in files of their own, of which few are open at a time."""

    def __init__(self, stack: ExitStack, folder: str) -> None:
        self._stack, self._folder = stack, folder
        self._open: dict[str, tuple[BinaryIO, BinaryIO]] = {}
        self._gaps: list[tuple[int, int]] = []
        self.months: dict[str, _Month] = {}
        self.archived: set[str] = set()
        self.last = 0
        stack.callback(self._close)
        make_folder(folder)

    def put(self, ticket: Ticket) -> None:
        """Lay a ticket aside."""
        number = int(ticket.ref[len(PREFIX) :])
        if number > self.last + 1:
            self._gaps.append((self.last + 1, number - 1))
        self.last = number
        name = _STAYING
        if ticket.is_closed and not ticket.pending:  # as when a ledger is folded
            name = f"{ticket.closed_at or ticket.updated_at:%Y-%m}"
        month = self.months.get(name)
        if month is None:
            month = self.months[name] = _Month(os.path.join(self._folder, name or "open"))
        lines, keys = self._files(name, month.path)
        lines.write(ticket_line(number, row_bytes(ticket)) + b"\n")
        pairs = array("Q")
        for key in keys_of(ticket):
            pairs.extend((key_number(key), number))
        keys.write(pairs.tobytes())
        month.rows += 1
        month.closed += ticket.is_closed
        month.first, month.last = month.first or number, number
        month.newest = max(month.newest or ticket.touched_at, ticket.touched_at)

    def gaps(self, next_number: int) -> tuple[tuple[int, int], ...]:
        """First and last of each run of numbers that no ticket has."""
        if next_number > self.last + 1:
            return (*self._gaps, (self.last + 1, next_number - 1))
        return tuple(self._gaps)

    def sweep(self) -> None:
        """Take everything away that was laid aside."""
        for month in self.months.values():
            os.unlink(month.path)
            os.unlink(f"{month.path}.keys")
        os.rmdir(self._folder)

    def _files(self, name: str, path: str) -> tuple[BinaryIO, BinaryIO]:
        found = self._open.get(name)
        if found is None:
            if len(self._open) >= _MOST_OPEN:
                for each in self._open.pop(next(iter(self._open))):
                    each.close()
            found = open(path, "ab"), open(f"{path}.keys", "ab")  # noqa: SIM115 - closed by `_close`
            self._open[name] = found
        return found

    def _close(self) -> None:
        for pair in self._open.values():
            for each in pair:
                each.close()
        self._open.clear()


def _archives(places: Places, aside: _Aside) -> tuple[Archive, ...]:
    """Write the archive of each month, if there is enough for archives at all."""
    names = sorted(name for name in aside.months if name != _STAYING)
    closed = sum(month.closed for month in aside.months.values())
    rows = sum(month.rows for month in aside.months.values())
    if not archive_is_worth_it(rows, closed):
        return ()
    make_folder(places.archives)
    found = []
    for name in names:
        month, file = aside.months[name], archive_name(name, _GENERATION)
        meta = Meta(
            format=FORMAT,
            generation=_GENERATION,
            next=0,
            tickets=_NOWHERE,
            keys=_NOWHERE,
            closed=month.closed,
        )
        with replacing(places.archive(file), like=places.snapshot) as stream:
            _document(stream, [month], meta)
        aside.archived.add(month.path)
        assert month.newest is not None  # noqa: S101 - a month is there for a ticket
        found.append(
            Archive(
                file=file, first=month.first, last=month.last, rows=month.rows, newest=month.newest
            )
        )
    return tuple(found)


def _document(stream: BinaryIO, months: list[_Month], meta: Meta) -> Meta:
    writer = DocumentWriter(stream)
    writer.tickets(_lines(months))
    writer.keys(_index(months))
    return writer.end(meta)


def _lines(months: list[_Month]) -> Iterator[bytes]:
    """The lines that were laid aside, in the order of their numbers."""
    with ExitStack() as stack:
        files = [stack.enter_context(open(month.path, "rb")) for month in months]
        lines = [(line.rstrip(b"\n") for line in file) for file in files]
        yield from lines[0] if len(lines) == 1 else heapq.merge(*lines, key=number_of)


def _index(months: list[_Month]) -> Iterator[bytes]:
    """The lines of the index, in order."""
    pairs: list[int] = []
    for month in months:
        with open(f"{month.path}.keys", "rb") as stream:
            raw = array("Q", stream.read())
        pairs += [raw[at] << 64 | raw[at + 1] for at in range(0, len(raw), 2)]
    pairs.sort()
    key, numbers = -1, set[int]()
    for pair in pairs:
        if pair >> 64 != key:
            if numbers:
                yield key_line(key, numbers)
            key, numbers = pair >> 64, set()
        numbers.add(pair & 0xFFFFFFFFFFFFFFFF)
    if numbers:
        yield key_line(key, numbers)
