"""The first format of the ledger: one JSON document without checksums and without a journal.

It is read as it is, and becomes a document of the present format with the first commit. This is
also where a file that is no document of ours is told for what it is.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from sdcli.errors import LedgerDamagedError
from sdcli.ledger.tiny.document import (
    FORMAT,
    Extent,
    Meta,
    holes,
    key_line,
    key_number,
    newer_format,
    ticket_line,
)
from sdcli.ledger.tiny.rows import row_bytes, ticket_of
from sdcli.tickets.keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMER = 1


class _Meta(msgspec.Struct):
    format: int
    next: int


class FormerDocument:
    """A document of the first format, read whole; it answers as `Document` does.

    Raises:
        LedgerDamagedError: `raw` is no document of ours; the reason says what it is.
    """

    def __init__(
        self,
        path: str,
        raw: bytes,
        identity: tuple[int, ...] | None,
        said: Meta | None = None,
    ) -> None:
        self.path = path
        self.identity = identity
        self.raw = raw
        meta, self._rows = _decoded(path, raw)
        rows = Extent(0, 0, len(self._rows))
        closed = sum(b'"status":"closed"' in row for row in self._rows.values())
        next_number = max([meta.next, *(number + 1 for number in self._rows)])
        gaps = holes(self._rows, next_number)
        self.meta = said or Meta(
            format=meta.format,
            generation=0,
            next=next_number,
            gaps=tuple(gaps),
            tickets=rows,
            keys=Extent(0, 0, 0),
            closed=closed,
        )

    def ticket(self, number: int) -> bytes | None:
        """See `Document.ticket`."""
        row = self._rows.get(number)
        return None if row is None else self._line(number, row)

    def tickets(self) -> Iterator[bytes]:
        """See `Document.tickets`."""
        return (self._line(number, row) for number, row in self._rows.items())

    def tickets_with(self, part: bytes) -> Iterator[bytes]:
        """See `Document.tickets_with`."""
        return (line for line in self.tickets() if part in line)

    def index(self) -> Iterator[bytes]:
        """See `Document.index`."""
        return (key_line(key, self._keys[key]) for key in sorted(self._keys))

    def with_key(self, key: str) -> tuple[int, ...]:
        """See `Document.with_key`."""
        return tuple(self._keys.get(key_number(key), ()))

    def checked(self, line: bytes) -> bytes:
        """The line: this format has no checksums."""
        return line

    def _line(self, number: int, row: bytes) -> bytes:
        """The row as it is written now, however it was spelled."""
        ticket = ticket_of(ticket_line(number, row), self.path)
        return ticket_line(number, row_bytes(ticket))

    @cached_property
    def _keys(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, row in self._rows.items():
            for key in keys_of(ticket_of(self._line(number, row), self.path)):
                found.setdefault(key_number(key), []).append(number)
        return found


def _decoded(path: str, raw: bytes) -> tuple[_Meta, dict[int, bytes]]:
    """The meta row, and the rows of tickets by number, in order."""
    if not raw.strip():
        raise LedgerDamagedError(path, "the file is empty")
    try:
        tables = msgspec.json.decode(raw, type=dict[str, dict[str, msgspec.Raw]])
        if "tickets" not in tables or "1" not in tables.get("meta", {}):
            raise LedgerDamagedError(path, "it is not a ledger of tickets")
        meta = msgspec.json.decode(tables["meta"]["1"], type=_Meta)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LedgerDamagedError(path, _why(raw, error)) from error
    if meta.format > FORMAT:
        raise newer_format(path, meta.format)
    if meta.format != FORMER:
        return meta, {}
    rows = tables["tickets"]
    # One ticket a line, and no raw line end within a text: more lines than tickets are tickets lost.
    if raw.count(b'\n"') > len(rows) + len(tables) - 1:
        raise LedgerDamagedError(path, "a ticket number is there twice")
    return meta, _numbered(path, rows)


def _numbered(path: str, rows: dict[str, msgspec.Raw]) -> dict[int, bytes]:
    if not all(key.isascii() and key.isdigit() and key[0] != "0" for key in rows):
        raise LedgerDamagedError(path, "a row of tickets has no number")
    return {int(key): bytes(rows[key]) for key in sorted(rows, key=int)}


def _why(raw: bytes, error: Exception) -> str:
    for number, line in enumerate(raw.splitlines(), 1):
        if line.startswith((b"<<<<<<< ", b"=======", b">>>>>>> ")):
            return f"line {number} is a merge conflict marker"
    return f"it is not whole JSON ({error})"
