"""The repair: everything that can be read, in a new snapshot; the damaged files stay beside it.

What a seal proves is taken as it is, also where the seal tells how one changed byte must be put
right. What can be read though nothing proves it is taken with a note on the ticket. Of two rows
for one number the proven one counts, then the longer history, since histories only grow. What
cannot be read is told; its number becomes a gap and is not used again.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from sdcli.errors import IllegalStepError, LedgerDamagedError, MachineError, NoSuchTicketError
from sdcli.ledger.folders import make_folder
from sdcli.ledger.interface import Mended
from sdcli.ledger.tiny.compact import Plan, compact
from sdcli.ledger.tiny.doctor import examine, is_about_a_file, is_whole
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
from sdcli.ledger.tiny.image import NOTHING, Image, generation_of, month_of
from sdcli.ledger.tiny.journal import Commit, Header, changed_numbers
from sdcli.ledger.tiny.reader import number_in
from sdcli.ledger.tiny.rows import PREFIX, events_of, row_bytes, ticket_of
from sdcli.ledger.tiny.seal import SEAL, is_sealed, mended
from sdcli.ledger.tiny.witness import seen
from sdcli.tickets.event import Noted
from sdcli.tickets.ticket import Ticket, advance, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.ledger.interface import Progress
    from sdcli.ledger.tiny.image import Places
    from sdcli.ledger.tiny.journal import Change
    from sdcli.tickets.event import Stamp

_TICKET = re.compile(rb'"\d{1,15}":\{"ref":"')
_COMMIT = re.compile(rb'\{"commit":')
_SEAL = re.compile(rb'"sum":"[0-9a-f]{8}"\}')
_OWN_WORDS = re.compile(rb'"meta":\{("1":\{.*?"sum":"[0-9a-f]{8}"\})\}\}')
_REF = re.compile(rb'"ref":"SD-([1-9]\d{0,14})"')
_LATEST = datetime(9999, 1, 1, tzinfo=timezone.utc)
_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, IllegalStepError, TypeError)
_FARTHEST = 10_000
"""How far beyond all that can be read a reference in damaged bytes is believed."""


def repair(places: Places, stamp: Stamp, progress: Progress) -> Mended:
    """Write a sound ledger from what can be read. The caller holds the lock.

    Raises:
        MachineError: it could not be written; nothing was changed.
    """
    examination = examine(places, progress)
    gone = [each for each in examination.findings if is_about_a_file(places, each)]
    remarks = tuple(
        f"{each.file} of {each.ref}: {each.problem}; {_remedy(places, each.file)}." for each in gone
    )
    damaged = {finding.file for finding in examination.findings if finding not in gone}
    if not damaged:
        return Mended(tickets=examination.tickets, remarks=remarks)
    remains = _Remains(places, damaged)
    # The journal starts over in any case, and nobody may have looked at it.
    keeping = {*damaged, *remains.given_up, places.journal}
    kept = [keep(places, path) for path in sorted(keeping) if os.path.exists(path)]
    doubtful = remains.with_notes(stamp, kept)
    plan = remains.plan()
    compact(plan)
    for path in remains.given_up:
        with suppress(OSError):
            os.unlink(path)
    return Mended(
        tickets=plan.meta.next - 1 - sum(last - first + 1 for first, last in plan.meta.gaps),
        doubtful=doubtful,
        lost=tuple(f"{PREFIX}{number}" for number in sorted(remains.lost)),
        kept=tuple(kept),
        remarks=(*remains.remarks, *remarks),
    )


def _remedy(places: Places, file: str) -> str:
    """What brings a file beside the tickets back."""
    if file.startswith(places.policies):
        return "a backup brings it back, and `sdcli sla reapply` pins tickets to today's"
    return "a backup, or attaching it again, brings it back"


def keep(places: Places, path: str) -> str:
    """A second name for a damaged file in the folder `damage`, or a copy where that cannot be.

    Raises:
        MachineError: it can have neither.
    """
    number, name = 1, os.path.basename(path)
    while os.path.exists(kept := os.path.join(places.damage, f"{name}.{number}")):
        number += 1
    try:
        make_folder(places.damage)
        try:
            os.link(path, kept)
        except OSError:
            shutil.copy2(path, kept)
    except OSError as error:
        raise MachineError("Keeping a damaged file as", kept, error.strerror or "") from error
    return kept


class _Row(NamedTuple):
    """A ticket as a line of a damaged file says; `rank` is higher for what is more certain."""

    ticket: Ticket
    rank: int


_OUT_OF_DATE, _READ, _PROVEN = range(3)


class _Remains:
    """What can be read of a damaged ledger: tickets of damaged files, and archives that are sound.

    `lost` are numbers of which something is gone, `remarks` what is gone without a number, and
    `given_up` archives whose tickets are in the new snapshot now.
    """

    def __init__(self, places: Places, damaged: set[str]) -> None:
        self._places = places
        self._rows: dict[int, _Row] = {}
        self.lost: set[int] = set()
        self.remarks: list[str] = []
        self.given_up: list[str] = []
        self._meta = meta_of(places)
        if not self._meta.generation and not is_former(places):
            self.remarks.append(
                "The snapshot does not tell how many tickets there were, nor which had come back "
                "from an archive: compare with a backup."
            )
        self._document(places.snapshot)
        sound = [entry for entry in self._entries() if self._stays(entry, damaged)]
        meta = replace(self._meta, next=sys.maxsize, archives=tuple(sound))
        self._archives = Image(places, FormerDocument(places.snapshot, NOTHING, None, meta), None)
        self._journal()

    def with_notes(self, stamp: Stamp, kept: Iterable[str]) -> tuple[str, ...]:
        """Write on each ticket that is in doubt that it is; their references."""
        text = (
            "The ledger was damaged here. What this ticket says could be read, but nothing proves "
            f"it: look it over. The damaged bytes are kept in {', '.join(kept)}."
        )
        doubtful = sorted(number for number, row in self._rows.items() if row.rank < _PROVEN)
        for number in doubtful:
            note = Noted(*stamp.mark(), text=text)
            self._rows[number] = _Row(advance(self._rows[number].ticket, (note,)), _PROVEN)
        return tuple(f"{PREFIX}{number}" for number in doubtful)

    def plan(self) -> Plan:
        """The new snapshot: everything that was read, the sound archives, and gaps for the rest."""
        archives = self._archives.document.meta.archives
        there = {*self._rows, *_numbers(self._archives)}
        highest = max([self._meta.next - 1, *there])
        self.lost = {number for number in self.lost if number <= highest + _FARTHEST}
        witness = seen(self._places.lock)
        next_number = max(
            [highest + 1, *(n + 1 for n in self.lost), witness.next if witness else 1]
        )
        gaps = tuple(holes(sorted(there), next_number))
        known = {number for first, last in self._meta.gaps for number in range(first, last + 1)}
        self.lost |= {n for first, last in gaps for n in range(first, last + 1)} - known
        generations = [self._meta.generation, *map(generation_of, self._places.archive_files())]
        generation = max([*generations, witness.generation if witness else 0])
        meta = replace(
            self._meta,
            format=FORMAT,
            generation=generation + 1,
            next=next_number,
            gaps=gaps,
            archives=archives,
        )
        tickets = {number: row.ticket for number, row in self._rows.items()}
        return Plan(self._archives, tickets, self._places, meta)

    def _entries(self) -> list[Archive]:
        """The archives as the snapshot names them, else every one that is there."""
        if self._meta.generation:
            return list(self._meta.archives)
        newest: dict[str, str] = {}
        for name in sorted(self._places.archive_files(), key=generation_of):
            newest[month_of(name)] = name
        return [
            Archive(file=name, first=1, last=sys.maxsize, rows=0, newest=_LATEST)
            for name in sorted(newest.values())
        ]

    def _stays(self, entry: Archive, damaged: set[str]) -> bool:
        """Whether an archive can stay as it is; if not, its tickets are taken out of it."""
        path = self._places.archive(entry.file)
        if self._meta.generation and path not in damaged and is_whole(path):
            for number in entry.stale:
                if number not in self._rows:
                    self._out_of_date(path, number)
            return True
        if os.path.exists(path):
            self._document(path, frozenset(entry.stale))
            self.given_up.append(path)
        return False

    def _out_of_date(self, path: str, number: int) -> None:
        """A row out of date is better than none."""
        line = Document(path).ticket(number)
        if line is not None:
            self._add(number, _Row(ticket_of(line, path), _OUT_OF_DATE))

    def _document(self, path: str, stale: frozenset[int] = frozenset()) -> None:
        """Take every ticket of a document that can be read."""
        try:
            with open(path, "rb") as stream:
                raw = (line for line in stream if not line.startswith((b'"keys":', b'"meta":')))
                pieces = list(_pieces(raw, _TICKET))
        except FileNotFoundError:
            return
        taken = sum(self._take(each, stale) for each in pieces if b'"ref":' in each.line)
        if not taken:
            self._rewritten(path)

    def _take(self, piece: _Piece, stale: frozenset[int]) -> bool:
        """Whether the ticket of a line could be read; it is folded anew."""
        line = piece.line
        try:
            ticket = msgspec.json.decode(line[line.find(b'{"ref":') :], type=Ticket)
            ticket = fold(ticket.ref, ticket.events)
            number = number_in(ticket.ref)
        except (*_WRONG, NoSuchTicketError):
            self.lost |= {int(digits) for digits in _REF.findall(line)[:1]} - self._rows.keys()
            return False
        again = ticket_line(number, row_bytes(ticket))
        is_former_row = b'"sum":"' not in line[-SEAL:]
        proven = again[-SEAL:] == line[-SEAL:] or (is_former_row and again[:-SEAL] == line[:-1])
        rank = _PROVEN if proven else _READ
        self._add(number, _Row(ticket, _OUT_OF_DATE if number in stale else rank))
        return True

    def _add(self, number: int, row: _Row) -> None:
        """Keep the better of two rows; if neither continues the other, something is lost."""
        known = self._rows.get(number)
        if known is None:
            self._rows[number] = row
            self.lost.discard(number)
            return
        better, other = sorted((known, row), key=_certainty, reverse=True)
        self._rows[number] = better
        continues = better.ticket.events[: len(other.ticket.events)] == other.ticket.events
        if other.rank == _PROVEN and not continues:
            self.lost.add(number)

    def _rewritten(self, path: str) -> None:
        """Take the tickets of a document that another program wrote anew in its own layout."""
        try:
            with open(path, "rb") as stream:
                tables = msgspec.json.decode(stream.read(), type=dict[str, dict[str, Any]])
        except _WRONG:
            return
        for key, row in tables.get("tickets", {}).items():
            line = b'"%s":%s' % (key.encode(), msgspec.json.encode(row))
            self._take(_Piece(line, is_proven=False), frozenset())

    def _journal(self) -> None:
        """Apply every commit that can be read; an event that is there already is not repeated."""
        try:
            with open(self._places.journal, "rb") as stream:
                pieces = list(_pieces(stream, _COMMIT))
        except FileNotFoundError:
            pieces = []
        header = _header(pieces)
        if header and self._meta.generation and header.generation < self._meta.generation:
            return  # the snapshot holds these commits
        gone, before = False, 0
        for place, each in enumerate(pieces):
            commit = self._commit(each)
            if commit is None:
                gone = gone or bool(place and each.line.strip())
            else:
                gone = gone or commit.commit != before + 1
                before = commit.commit
        witness = seen(self._places.lock)
        if witness and witness.generation == self._meta.generation:
            size = sum(len(each.line) + 1 for each in pieces)
            gone = gone or size < witness.length
        if gone or not (header or before or is_former(self._places)):
            self.remarks.append(
                f"Commits of {self._places.journal} are gone, and nobody can tell what they were "
                "about: compare with a backup."
            )

    def _commit(self, piece: _Piece) -> Commit | None:
        """The commit of a line, applied; None if there is none in it."""
        try:
            commit = msgspec.json.decode(piece.line, type=Commit)
        except _WRONG:
            self.lost |= set(changed_numbers(piece.line))
            return None
        for change in commit.tickets:
            self._change(change, _PROVEN if piece.is_proven else _READ)
        return commit

    def _change(self, change: Change, rank: int) -> None:
        try:
            number = number_in(change.ref)
        except NoSuchTicketError:
            self.remarks.append("A commit about a ticket that cannot be told any more is gone.")
            return
        row = self._rows.get(number) or self._archived(number)
        known = {event.id for event in row.ticket.events} if row else set()
        try:
            events = [event for event in events_of(change) if event.id not in known]
            ticket = advance(row.ticket, events) if row else fold(change.ref, events)
        except _WRONG:
            self.lost.add(number)
            return
        if events:
            self._rows[number] = _Row(ticket, min(rank, row.rank) if row else rank)

    def _archived(self, number: int) -> _Row | None:
        found = self._archives.stored(number)
        return _Row(ticket_of(*found), _PROVEN) if found else None


def _certainty(row: _Row) -> tuple[int, int]:
    return row.rank, len(row.ticket.events)


class _Piece(NamedTuple):
    """A line of a damaged file, and whether its seal proves it."""

    line: bytes
    is_proven: bool


def _pieces(raw: Iterable[bytes], begins: re.Pattern[bytes]) -> Iterator[_Piece]:
    """The lines of a damaged file: sealed ones, mended ones, and those that are neither.

    A changed byte may have joined two lines, or parted one in two.
    """
    before: bytes | None = None
    for each in raw:
        text = each.removesuffix(b"\n")
        line = text.removesuffix(b",")
        alone = line if is_sealed(line) else mended(line) or mended(line.rstrip(b"\0"))
        joined = mended(before + b"\n" + line) if before is not None and alone is None else None
        parts = [part for part in (alone, joined) if part is not None]
        parts = parts or list(_sealed_parts(line, begins))
        if before is not None and joined is None:
            yield _Piece(before.removesuffix(b","), is_proven=False)
        yield from (_Piece(part, is_proven=True) for part in parts)
        before = None if parts else text
    if before is not None:
        yield _Piece(before.removesuffix(b","), is_proven=False)


def _sealed_parts(line: bytes, begins: re.Pattern[bytes]) -> Iterator[bytes]:
    """The sound lines within one that has lost its own begin or end."""
    ends = [found.end() for found in _SEAL.finditer(line)]
    for found in begins.finditer(line):
        parts = (line[found.start() : end] for end in ends if end > found.start())
        yield from [part for part in parts if is_sealed(part)][:1]


def _header(pieces: list[_Piece]) -> Header | None:
    """The header of a journal, if it can be read."""
    for each in pieces[:1]:
        with suppress(*_WRONG):
            return msgspec.json.decode(each.line, type=Header)
    return None


def is_former(places: Places) -> bool:
    """Whether the snapshot is, or was, one of the first format."""
    try:
        with open(places.snapshot, "rb") as stream:
            return b'"meta":{"1":{"format":1,' in stream.read(200)
    except OSError:
        return False


def meta_of(places: Places) -> Meta:
    """What the snapshot says of itself; nothing, at generation 0, if that cannot be read."""
    with suppress(LedgerDamagedError, FileNotFoundError):
        return Document(places.snapshot).meta
    with suppress(FileNotFoundError), open(places.snapshot, "rb") as stream:
        for raw in stream:
            found = _OWN_WORDS.match(raw)
            said = found.group(1) if found else b""
            line = said if is_sealed(said) else mended(said)
            with suppress(msgspec.MsgspecError):
                if line:
                    return msgspec.json.decode(row_of(line), type=Meta)
    none = Extent(0, 0, 0)
    return Meta(format=FORMAT, generation=0, next=1, tickets=none, keys=none)


def _numbers(image: Image) -> Iterator[int]:
    """The numbers of tickets in the archives of an image."""
    for entry in image.document.meta.archives:
        stale = frozenset(entry.stale)
        for line in image.archive(entry).tickets():
            number = number_of(line)
            if number not in stale:
                yield number
