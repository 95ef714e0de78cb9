"""What is not archived, block by block: what tells each ticket from what it was needs no decoding."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from sdcli.ledger.interface import BLOCK, Block
from sdcli.ledger.tiny.document import number_of
from sdcli.ledger.tiny.rows import ticket_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sdcli.ledger.tiny.document import Document
    from sdcli.ledger.tiny.image import Image
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket

_MARK = 16
"""Bytes of a mark: no two contents have the same one."""


class Blocks:
    """The blocks of one image of the ledger.

    Args:
        image: the image; `document`: its snapshot.
        fresh: the numbers of tickets that are not as the snapshot says, in order.
        ticket: gives one of these.
        query: tells what lies in the shelf.
    """

    def __init__(
        self,
        image: Image,
        document: Document,
        fresh: Iterable[int],
        ticket: Callable[[int], Ticket],
        query: Query,
    ) -> None:
        self._image, self._document = image, document
        self._ticket, self._query = ticket, query
        self._fresh: dict[int, list[int]] = {}
        for number in fresh:
            self._fresh.setdefault(number // BLOCK, []).append(number)

    def all(self) -> list[Block]:
        """Each block that has a ticket, in order."""
        parts = {block: (start, end) for block, start, end in self._document.parts(BLOCK)}
        return [self._block(each, parts) for each in sorted({*parts, *self._fresh})]

    def _block(self, block: int, parts: dict[int, tuple[int, int]]) -> Block:
        start, end = parts.get(block, (0, 0))
        table, fresh = self._document.meta.tickets, self._fresh.get(block, [])
        stored = table.rows * (end - start) // max(1, table.end - table.start)
        of = start, end, fresh
        rows = max(stored, len(fresh))
        name, marks = partial(self._name, *of), partial(self._marks, *of)
        return Block(block, "", name, rows, marks, partial(self._some, *of))

    def _name(self, start: int, end: int, fresh: list[int]) -> str:
        """By all bytes at once: where they are what they were, no line need be looked at."""
        content = blake2b(self._document.bytes_at(start, end - start), digest_size=_MARK)
        for number, mark in self._changed(fresh):
            content.update(b"%d %s" % (number, mark))
        return content.hexdigest()

    def _marks(self, start: int, end: int, fresh: list[int]) -> dict[int, bytes]:
        found = {number: _mark(line) for number, line in self._lines(start, end)}
        return found | dict(self._changed(fresh))

    def _changed(self, fresh: list[int]) -> Iterator[tuple[int, bytes]]:
        """The marks of tickets that are not as the snapshot says: its line, and what came since."""
        for number in fresh:
            stored = self._image.stored(number)
            events = (bytes(raw) for each in self._image.changes[number] for raw in each.events)
            yield number, _mark(b"\n".join((stored[0] if stored else b"", *events)))

    def _some(
        self, start: int, end: int, fresh: list[int], numbers: Collection[int]
    ) -> Iterator[Ticket]:
        wanted, changed = frozenset(numbers), frozenset(fresh)
        lines = {
            number: line
            for number, line in self._lines(start, end)
            if number in wanted and number not in changed
        }
        for number in sorted(wanted & changed | lines.keys()):
            line = lines.get(number)
            ticket = ticket_of(line, self._document.path) if line else self._ticket(number)
            if self._query.matches(ticket):
                yield ticket

    def _lines(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """The lines between two bytes of the snapshot, each checked, with its number."""
        for line in self._document.lines_between(start, end):
            yield number_of(self._document.checked(line)), line


def _mark(content: bytes) -> bytes:
    return blake2b(content, digest_size=_MARK).digest()
