"""Compaction: the journal folded into a new snapshot, and closed tickets moved to archives.

Everything new is written beside what is there and synced; the rename of the snapshot is the one
step that makes it count. A process that dies before leaves the old ledger, one that dies after
leaves the new one: its journal still belongs to the generation before, and is known as folded.
"""

from __future__ import annotations

import heapq
import os
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sdcli.errors import MachineError
from sdcli.ledger.folders import make_folder
from sdcli.ledger.tiny.document import (
    FORMAT,
    Archive,
    DocumentWriter,
    Extent,
    Meta,
    key_line,
    key_number,
    number_of,
    numbers_in,
    ticket_line,
)
from sdcli.ledger.tiny.files import replacing, sweep
from sdcli.ledger.tiny.image import archive_name, month_of
from sdcli.ledger.tiny.journal import Journal, follows
from sdcli.ledger.tiny.rows import face_of, row_bytes, ticket_of
from sdcli.tickets.keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from sdcli.ledger.tiny.document import Document
    from sdcli.ledger.tiny.former import FormerDocument
    from sdcli.ledger.tiny.image import Image, Places
    from sdcli.tickets.ticket import Ticket

_MOST_CLOSED, _CLOSED_SHARE = 1000, 8
"""Closed tickets leave the snapshot when there are more than this many and this share of it."""
_NOWHERE = Extent(0, 0, 0)


class Line(NamedTuple):
    """A ticket's line with its number."""

    number: int
    line: bytes


class Plan(NamedTuple):
    """What a new snapshot is made from.

    Args:
        image: the ledger that is folded.
        fresh: the tickets that are not as the image's documents say, by number.
        into: where the snapshot goes.
        meta: what it says of itself, but for what is counted: generation, next number, gaps,
            and the archives that are there already.
        archives: whether closed tickets may leave for archives.
        begins: whether there is no journal yet, or one that was left by a failed beginning.
    """

    image: Image
    fresh: Mapping[int, Ticket]
    into: Places
    meta: Meta
    archives: bool = True
    begins: bool = False


def next_meta(image: Image, next_number: int) -> Meta:
    """What the snapshot after this image says of itself."""
    meta = image.document.meta
    return replace(meta, format=FORMAT, generation=meta.generation + 1, next=next_number)


def compact(plan: Plan) -> None:
    """Write the new snapshot; it is on disk when this returns. The caller holds the lock.

    Raises:
        LedgerDamagedError: a line that would be carried over is damaged; nothing was changed.
        MachineError: it could not be written. `is_certain` says whether it certainly was not.
    """
    before = plan.into.identity()
    try:
        gone = _write(plan)
    except OSError as error:
        if plan.into.identity() == before:
            raise MachineError(
                "Writing the ledger", plan.into.snapshot, error.strerror or ""
            ) from error
        raise UncertainError(
            "Writing the ledger",
            plan.into.snapshot,
            error.strerror or "",
            after="Whether it lasts is not certain: look before you try again.",
        ) from error
    # What follows is tidying: whoever writes next makes up for what fails here.
    with suppress(OSError):
        for name in gone:
            os.unlink(plan.into.archive(name))
    tidy(plan.into)


def tidy(places: Places) -> None:
    """Take away what killed processes left behind, as far as that goes; the caller holds the lock."""
    for folder in (places.folder, places.archives):
        with suppress(OSError):
            sweep(folder)


class UncertainError(MachineError):
    """The new snapshot is in its place, and whether it stays there after a crash is not known."""


def _write(plan: Plan) -> list[str]:
    """Write archives, snapshot and journal; the archives that were replaced."""
    places, parting = plan.into, _Parting(plan)
    with replacing(places.snapshot, like=places.snapshot) as stream:
        writer = DocumentWriter(stream)
        writer.tickets(parting.staying())
        left = {each.number for lines in parting.leaving.values() for each in lines}
        staying = {n: ticket for n, ticket in plan.fresh.items() if n not in left}
        stored = _stored_keys(plan.image.document, left | plan.fresh.keys())
        writer.keys(index_lines(stored, staying))
        archives, gone = _archives(plan, parting.leaving)
        after = follows(places.journal)
        meta = replace(plan.meta, closed=parting.closed, archives=archives, after=after)
        journal = Journal(places.journal, writer.end(meta))
        # A snapshot is never without a journal.
        if plan.begins or not os.path.exists(places.journal):
            journal.start_over(like=places.snapshot)
    with suppress(OSError):  # a journal of the generation before is known as folded
        journal.start_over(like=places.snapshot)
    return gone


def archive_is_worth_it(rows: int, closed: int) -> bool:
    """Whether closed tickets leave the snapshot, by how many tickets there are in it."""
    return closed > max(_MOST_CLOSED, (rows - closed) // _CLOSED_SHARE)


class _Parting:
    """Parts the tickets that stay in the snapshot from those that leave it for an archive."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.closed = 0
        self.leaving: dict[str, list[Line]] = {}
        meta = plan.image.document.meta
        closed = meta.closed + sum(ticket.is_closed for ticket in plan.fresh.values())
        rows = meta.tickets.rows + len(plan.fresh)
        self._is_archiving = plan.archives and archive_is_worth_it(rows, closed)

    def staying(self) -> Iterator[bytes]:
        """The lines of the new snapshot; `leaving` and `closed` are known when it has ended."""
        document, fresh = self._plan.image.document, self._plan.fresh
        for each in heapq.merge(_stored(document, fresh), _fresh(fresh)):
            closed = b'"status":"closed"' in each.line and _is_closed(each.line, document.path)
            # What the record of an outage has still to raise is looked for in the snapshot only.
            if closed and self._is_archiving and b'"pending":' not in each.line:
                ticket = ticket_of(each.line, document.path)
                month = f"{ticket.closed_at or ticket.updated_at:%Y-%m}"
                self.leaving.setdefault(month, []).append(each)
            else:
                self.closed += closed
                yield each.line


def _is_closed(line: bytes, path: str) -> bool:
    return face_of(line, path).status == "closed"


def _stored(document: Document | FormerDocument, without: Container[int]) -> Iterator[Line]:
    """The lines of a document, each checked, but for some."""
    for line in document.tickets():
        number = number_of(document.checked(line))
        if number not in without:
            yield Line(number, line)


def _fresh(tickets: Mapping[int, Ticket]) -> Iterator[Line]:
    for number in sorted(tickets):
        yield Line(number, ticket_line(number, row_bytes(tickets[number])))


def index_lines(
    stored: Iterable[tuple[int, set[int]]], tickets: Mapping[int, Ticket]
) -> Iterator[bytes]:
    """The lines of an index: the keys stored so far, in order, and those of these tickets."""
    added: dict[int, set[int]] = {}
    for number, ticket in tickets.items():
        for text in keys_of(ticket):
            added.setdefault(key_number(text), set()).add(number)
    merged = heapq.merge(stored, sorted(added.items(), key=_key), key=_key)
    for key, group in groupby(merged, key=_key):
        numbers: set[int] = set().union(*(numbers for _, numbers in group))
        if numbers:
            yield key_line(key, numbers)


def _key(pair: tuple[int, set[int]]) -> int:
    return pair[0]


def _stored_keys(
    document: Document | FormerDocument, without: Container[int]
) -> Iterator[tuple[int, set[int]]]:
    """What the index of a document says, but for some tickets."""
    for line in document.index():
        document.checked(line)
        yield number_of(line), {n for n in numbers_in(line) if n not in without}


def _archives(
    plan: Plan, leaving: Mapping[str, Sequence[Line]]
) -> tuple[tuple[Archive, ...], list[str]]:
    """The archives of the new snapshot, and the files that they replace."""
    stale: dict[str, set[int]] = {}
    for number in plan.fresh:
        holder = plan.image.archive_of(number)
        if holder:
            stale.setdefault(month_of(holder.file), set()).add(number)
    entries = {
        month_of(entry.file): replace(
            entry, stale=tuple(sorted({*entry.stale, *stale.get(month_of(entry.file), ())}))
        )
        for entry in plan.meta.archives
    }
    gone = [entries[month].file for month in leaving if month in entries]
    for month, lines in leaving.items():
        entries[month] = _archive(plan, month, lines, entries.get(month))
    return tuple(entries[month] for month in sorted(entries)), gone


def _archive(plan: Plan, month: str, lines: Sequence[Line], before: Archive | None) -> Archive:
    """Write the archive of a month anew, with these tickets in it."""
    name = archive_name(month, plan.meta.generation)
    make_folder(plan.into.archives)
    document = plan.image.archive(before) if before else None
    tickets = {each.number: ticket_of(each.line, name) for each in lines}
    without = {*tickets, *(before.stale if before else ())}
    with replacing(plan.into.archive(name), like=plan.into.snapshot) as stream:
        writer = DocumentWriter(stream)
        carried = _stored(document, without) if document else iter(())
        writer.tickets(each.line for each in heapq.merge(carried, lines))
        stored = _stored_keys(document, without) if document else iter(())
        writer.keys(index_lines(stored, tickets))
        rows = writer.rows
        writer.end(replace(plan.meta, next=0, closed=rows, archives=(), gaps=()))
    return Archive(
        file=name,
        first=min([*tickets, *([before.first] if before else ())]),
        last=max([*tickets, *([before.last] if before else ())]),
        rows=rows,
        newest=max(
            [
                *(ticket.touched_at for ticket in tickets.values()),
                *([before.newest] if before else ()),
            ]
        ),
    )
