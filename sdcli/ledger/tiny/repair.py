"""The repair: everything that can be read, in a new snapshot; the damaged files stay beside it.

What the seal proves is taken as it is. What can be read though its seal is broken is taken with a
note on the ticket, since nobody can tell what was changed. What cannot be read is reported; its
number becomes a gap and is not used again.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from sdcli.errors import IllegalStepError, LedgerDamagedError, MachineError, NoSuchTicketError
from sdcli.ledger.interface import Mended
from sdcli.ledger.tiny.compact import Plan, compact
from sdcli.ledger.tiny.doctor import examine, ref_in
from sdcli.ledger.tiny.document import (
    FORMAT,
    Archive,
    Document,
    Extent,
    Meta,
    holes,
    number_of,
    row_of,
    ticket_line,
)
from sdcli.ledger.tiny.former import FormerDocument
from sdcli.ledger.tiny.image import NOTHING, Image
from sdcli.ledger.tiny.journal import Commit
from sdcli.ledger.tiny.reader import number_in
from sdcli.ledger.tiny.rows import PREFIX, events_of, row_bytes, ticket_of
from sdcli.ledger.tiny.seal import SEAL, is_sealed, mended
from sdcli.tickets.event import Noted
from sdcli.tickets.ticket import Ticket, advance, fold

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from sdcli.ledger.interface import Progress
    from sdcli.ledger.tiny.image import Places
    from sdcli.ledger.tiny.journal import Change
    from sdcli.tickets.event import Stamp

_TICKET = re.compile(rb'"\d{1,15}":\{"ref":".*?"sum":"[0-9a-f]{8}"\}', re.DOTALL)
_COMMIT = re.compile(rb'\{"commit":.*?"sum":"[0-9a-f]{8}"\}', re.DOTALL)
_OWN_WORDS = re.compile(rb'"meta":\{("1":\{.*?"sum":"[0-9a-f]{8}"\})\}\}')
_NAME = re.compile(r"\d{4}-\d{2}\.(\d+)\.json")
_LATEST = datetime(9999, 1, 1, tzinfo=timezone.utc)
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, IllegalStepError, TypeError)


def repair(places: Places, stamp: Stamp, progress: Progress) -> Mended:
    """Write a sound ledger from what can be read. The caller holds the lock.

    Raises:
        MachineError: it could not be written; nothing was changed.
    """
    examination = examine(places, progress)
    if not examination.findings:
        return Mended(tickets=examination.tickets)
    damaged = {finding.file for finding in examination.findings}
    remains = _Remains(places, damaged)
    kept = [_kept(places, path) for path in sorted(damaged) if os.path.exists(path)]
    doubtful = remains.with_notes(stamp, kept)
    compact(remains.plan())
    for path in remains.given_up:
        os.unlink(path)
    return Mended(
        tickets=remains.count(),
        doubtful=doubtful,
        lost=tuple(sorted(remains.lost, key=number_in)),
        kept=tuple(kept),
    )


def _kept(places: Places, path: str) -> str:
    """A second name for a damaged file in the folder `damage`, or a copy where that cannot be."""
    os.makedirs(places.damage, exist_ok=True)
    number, name = 1, os.path.basename(path)
    while os.path.exists(kept := os.path.join(places.damage, f"{name}.{number}")):
        number += 1
    try:
        os.link(path, kept)
    except OSError:
        try:
            shutil.copy2(path, kept)
        except OSError as error:
            raise MachineError("Keeping a damaged file as", kept, error.strerror or "") from error
    return kept


class _Remains:
    """What can be read of a damaged ledger: tickets of damaged files, and archives that are sound.

    `lost` are references of which something is gone; `given_up` are archives whose tickets are
    in the new snapshot now.
    """

    def __init__(self, places: Places, damaged: set[str]) -> None:
        self._places = places
        self._tickets: dict[int, Ticket] = {}
        self._doubtful: set[int] = set()
        self.lost: set[str] = set()
        self.given_up: list[str] = []
        self._meta = meta_of(places)
        self._document(places.snapshot)
        sound = [entry for entry in self._entries() if self._is_sound(entry, damaged)]
        meta = replace(self._meta, next=sys.maxsize, archives=tuple(sound))
        self._archives = Image(places, FormerDocument(places.snapshot, NOTHING, None, meta), None)
        self._journal()

    def with_notes(self, stamp: Stamp, kept: Iterable[str]) -> tuple[str, ...]:
        """Write on each ticket that is in doubt that it is; their references."""
        text = (
            "The ledger was damaged here. What this ticket says could be read, but its checksum "
            f"was wrong: look it over. The damaged bytes are kept in {', '.join(kept)}."
        )
        for number in self._doubtful:
            note = Noted(*stamp.mark(), text=text)
            self._tickets[number] = advance(self._tickets[number], (note,))
        return tuple(f"{PREFIX}{number}" for number in sorted(self._doubtful))

    def plan(self) -> Plan:
        """The new snapshot: everything that was read, the sound archives, and gaps for the rest."""
        archives = self._archives.document.meta.archives
        there = {*self._tickets, *_numbers(self._archives)}
        given_out = {*there, *map(number_in, self.lost)}
        next_number = max([self._meta.next, *(number + 1 for number in given_out)])
        gaps = tuple(holes(sorted(there), next_number))
        known = {number for first, last in self._meta.gaps for number in range(first, last + 1)}
        gone = {number for first, last in gaps for number in range(first, last + 1)} - known
        self.lost |= {f"{PREFIX}{number}" for number in gone}
        generation = (
            max([self._meta.generation, *map(generation_of, archive_files(self._places))]) + 1
        )
        meta = replace(
            self._meta,
            format=FORMAT,
            generation=generation,
            next=next_number,
            gaps=gaps,
            archives=archives,
        )
        return Plan(self._archives, self._tickets, self._places, meta)

    def count(self) -> int:
        """How many tickets there are."""
        return len({*self._tickets, *_numbers(self._archives)})

    def _entries(self) -> list[Archive]:
        """The archives as the snapshot names them, else every one that is there."""
        if self._meta.generation:
            return list(self._meta.archives)
        newest: dict[str, str] = {}
        for name in sorted(archive_files(self._places), key=generation_of):
            newest[name[: len("2026-11")]] = name
        return [
            Archive(file=name, first=1, last=sys.maxsize, rows=0, newest=_LATEST)
            for name in sorted(newest.values())
        ]

    def _is_sound(self, entry: Archive, damaged: set[str]) -> bool:
        """Whether an archive can stay as it is; if not, its tickets are taken out of it."""
        path = self._places.archive(entry.file)
        if path not in damaged and self._meta.generation and _is_whole(path):
            return True
        if os.path.exists(path):
            self._document(path, set(entry.stale))
            self.given_up.append(path)
        return False

    def _document(self, path: str, without: Container[int] = ()) -> None:
        """Take every ticket of a document that can be read."""
        try:
            with open(path, "rb") as stream:
                raw = (line for line in stream if not line.startswith((b'"keys":', b'"meta":')))
                lines = list(_pieces(raw, _TICKET))
        except FileNotFoundError:
            return
        taken = sum(self._take(line, without) for line in lines if b'"ref":' in line)
        if not taken:
            self._rewritten(path)

    def _take(self, line: bytes, without: Container[int]) -> bool:
        """Take the ticket of a line, folded anew; in doubt if its seal does not prove it."""
        start = line.find(b'{"ref":')
        try:
            ticket = msgspec.json.decode(line[start:], type=Ticket)
            ticket = fold(ticket.ref, ticket.events)
            number = number_in(ticket.ref)
        except _WRONG:
            self.lost |= {ref_in(line)} - {""}
            return False
        again = ticket_line(number, row_bytes(ticket))
        is_former = line[-SEAL:].find(b'"sum":"') < 0
        proven = again[-SEAL:] == line[-SEAL:] or (is_former and again[:-SEAL] == line[:-1])
        self._add(number, ticket, without, doubtful=not proven)
        return True

    def _add(self, number: int, ticket: Ticket, without: Container[int], *, doubtful: bool) -> None:
        """Keep a ticket, unless a longer history of it is known."""
        known = self._tickets.get(number)
        if number in without or (known and len(known.events) >= len(ticket.events)):
            return
        self._tickets[number] = ticket
        self.lost.discard(ticket.ref)
        (self._doubtful.add if doubtful else self._doubtful.discard)(number)

    def _rewritten(self, path: str) -> None:
        """Take the tickets of a document that another program wrote anew in its own layout."""
        try:
            with open(path, "rb") as stream:
                tables = msgspec.json.decode(stream.read(), type=dict[str, dict[str, Any]])
        except _WRONG:
            return
        for key, row in tables.get("tickets", {}).items():
            line = b'"%s":%s' % (key.encode(), msgspec.json.encode(row))
            self._take(line, ())

    def _journal(self) -> None:
        """Apply every commit that can be read; an event that is there already is not repeated."""
        try:
            with open(self._places.journal, "rb") as stream:
                lines = list(_pieces(stream, _COMMIT))
        except FileNotFoundError:
            return
        for line in lines:
            try:
                commit = msgspec.json.decode(line, type=Commit)
            except _WRONG:
                self.lost |= {ref.decode() for ref in re.findall(rb"SD-[1-9]\d{0,14}", line)}
                continue
            for change in commit.tickets:
                self._change(change, doubtful=not is_sealed(line))

    def _change(self, change: Change, *, doubtful: bool) -> None:
        try:
            number = number_in(change.ref)
            before = self._tickets.get(number) or self._archived(number)
            known = {event.id for event in before.events} if before else set()
            events = [event for event in events_of(change) if event.id not in known]
            after = advance(before, events) if before else fold(change.ref, events)
        except NoSuchTicketError:
            return
        except _WRONG:
            self.lost.add(change.ref)
            return
        if events:
            self._tickets[number] = after
            if doubtful:
                self._doubtful.add(number)

    def _archived(self, number: int) -> Ticket | None:
        found = self._archives.stored(number)
        return ticket_of(*found) if found else None


def _pieces(raw: Iterable[bytes], whole: re.Pattern[bytes]) -> Iterator[bytes]:
    """The lines of a damaged file: sealed ones, mended ones, and at last what is neither.

    A changed byte may have joined two lines, or parted one in two.
    """
    before = b""
    for each in raw:
        line = each.rstrip(b"\0").removesuffix(b"\n").removesuffix(b",")
        if is_sealed(line):
            found = [line]
        else:
            parts = (mended(line), mended(before + b"\n" + line) if before else None)
            found = [part for part in parts if part is not None][:1]
            found = found or [m.group() for m in whole.finditer(line) if is_sealed(m.group())]
        if found and before and not found[0].startswith(before[:40]):
            yield before
        yield from found
        if not found and before:
            yield before
        before = b"" if found else line
    if before:
        yield before


def _is_whole(path: str) -> bool:
    """Whether every line of a document carries the right seal."""
    try:
        document = Document(path)
    except (LedgerDamagedError, FileNotFoundError):
        return False
    lines = sum(is_sealed(line) for line in document.tickets())
    return lines == document.meta.tickets.rows


def meta_of(places: Places) -> Meta:
    """What the snapshot says of itself; nothing, at generation 0, if that cannot be read."""
    with suppress(LedgerDamagedError, FileNotFoundError):
        return Document(places.snapshot).meta
    with suppress(FileNotFoundError), open(places.snapshot, "rb") as stream:
        for raw in stream:
            found = _OWN_WORDS.match(raw)
            line = found and (
                found.group(1) if is_sealed(found.group(1)) else mended(found.group(1))
            )
            if line:
                with suppress(msgspec.MsgspecError):
                    return msgspec.json.decode(row_of(line), type=Meta)
    none = Extent(0, 0, 0)
    return Meta(format=FORMAT, generation=0, next=1, tickets=none, keys=none)


def archive_files(places: Places) -> list[str]:
    """The archives that are there, whoever names them."""
    names = os.listdir(places.archives) if os.path.isdir(places.archives) else []
    return [name for name in names if _NAME.fullmatch(name)]


def generation_of(name: str) -> int:
    """The generation in which an archive was written, by its file's name."""
    match = _NAME.fullmatch(name)
    return int(match.group(1)) if match else 0


def _numbers(image: Image) -> Iterator[int]:
    """The numbers of tickets in the archives of an image."""
    for entry in image.document.meta.archives:
        stale = frozenset(entry.stale)
        for line in image.archive(entry).tickets():
            number = number_of(line)
            if number not in stale:
                yield number
