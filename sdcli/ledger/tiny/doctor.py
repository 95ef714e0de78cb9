"""The examination: every byte of the ledger's files held against what it must be.

Every line is checked by its seal, every ticket is folded anew from its events, each index is
made anew from its tickets, every number that was given out must be there exactly once, and
every attached file must be what the ticket says.
Nothing is locked and nothing is changed.
"""

from __future__ import annotations

import itertools
import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import IllegalStepError, LedgerDamagedError
from sdcli.ledger.interface import Examination, Finding
from sdcli.ledger.tiny import evidence, pinned
from sdcli.ledger.tiny.compact import index_lines
from sdcli.ledger.tiny.document import Document, number_of, row_of
from sdcli.ledger.tiny.files import is_own
from sdcli.ledger.tiny.image import Image, settled, strays
from sdcli.ledger.tiny.journal import ReplacedError
from sdcli.ledger.tiny.reader import TinyReader
from sdcli.ledger.tiny.rows import PREFIX, row_bytes, ticket_of
from sdcli.ledger.tiny.seal import is_sealed, unsealed
from sdcli.ledger.tiny.witness import seen
from sdcli.tickets.keys import keys_of
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sdcli.ledger.interface import Progress
    from sdcli.ledger.tiny.document import Archive, Extent
    from sdcli.ledger.tiny.former import FormerDocument
    from sdcli.ledger.tiny.image import Places
    from sdcli.ledger.tiny.journal import Journal
    from sdcli.ledger.tiny.witness import Witness
    from sdcli.tickets.ticket import Ticket


def examine(places: Places, progress: Progress) -> Examination:
    """Look at everything; `progress` is told how many bytes have been looked at, and of how many.

    Raises:
        MachineError: the machine does not let it be read.
    """
    witness = seen(places.lock)  # before the journal, which is never behind it
    try:
        return settled(places, lambda image: _Examiner(image, progress, witness).result())
    except LedgerDamagedError as error:
        whole = Finding(error.path, -1, "", error.reason)
        archives = [places.archive(name) for name in places.archive_files()]
        broken = (found for path in (places.snapshot, *archives) for found in _broken(path))
        return Examination(findings=(whole, *broken))


def is_about_a_file(places: Places, finding: Finding) -> bool:
    """Whether a finding is about a file beside the tickets: the tickets themselves are whole.

    Such a file is attached, or has the service levels that they are pinned to.
    """
    folders = (places.attachments, places.policies)
    return finding.file in folders or finding.file.startswith(
        tuple(os.path.join(folder, "") for folder in folders)
    )


def is_whole(path: str) -> bool:
    """Whether a document is, byte by byte, what was written."""
    try:
        Document(path).require_whole()
    except (LedgerDamagedError, FileNotFoundError):
        return False
    return True


def _broken(path: str) -> list[Finding]:
    """What is wrong with a document where the ledger cannot be opened as a whole."""
    try:
        with open(path, "rb") as stream:
            lines = [
                Finding(path, at, ref_in(line), "this line is not what was written")
                for at, line in _sealable(stream)
                if not is_sealed(line)
            ]
    except OSError:
        return []
    if lines or is_whole(path):
        return lines
    return [Finding(path, -1, "", "it is not what was written")]


def _sealable(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that should carry a seal, with the byte each begins at."""
    at = 0
    for raw in lines:
        line = raw.rstrip(b"\n").removesuffix(b",")
        if b'"ref":' in line:
            yield at, line
        at += len(raw)


def ref_in(line: bytes) -> str:
    """The reference that a line is about, as far as it can be told."""
    found = re.search(rb'"ref":"(SD-\d+)"', line) or re.match(rb'"(\d{1,15})":', line)
    if not found:
        return ""
    return f"{PREFIX}{found.group(1).decode().removeprefix(PREFIX)}"


class Tally(Struct):
    """What was counted in one document."""

    rows: int = 0
    closed: int = 0
    first: int = 0
    last: int = 0
    newest: datetime | None = None


class _Examiner:
    """Looks at one image; `result` gives what was found."""

    def __init__(self, image: Image, progress: Progress, witness: Witness | None) -> None:
        self._image = image
        self._witness = witness
        self._progress = progress
        self._done, self._total = 0, image.size()
        self._seen = bytearray(image.next)
        self._findings: list[Finding] = []
        self._events = 0
        self._attached: dict[str, str] = {}
        self._pinned: dict[str, str] = {}

    def result(self) -> Examination:
        """The whole examination."""
        image = self._image
        self._snapshot(image.document)
        for entry in image.document.meta.archives:
            self._archive(entry)
        self._journal()
        self._numbers()
        self._evidence()
        self._progress(self._total, self._total)
        return Examination(
            tickets=sum(self._seen),
            commits=image.journal.commits if image.journal else 0,
            archives=len(image.document.meta.archives),
            findings=tuple(self._findings),
            remarks=tuple(_remarks(image)),
            events=self._events,
        )

    def _found(self, file: str, at: int, ref: str, problem: str) -> None:
        self._findings.append(Finding(file, at, ref, problem))

    def _snapshot(self, document: Document | FormerDocument) -> None:
        if not isinstance(document, Document):
            for line in document.tickets():
                self._ticket(document.path, -1, line, is_stale=False)
            return
        tally = self._document(document, frozenset())
        if tally.closed != document.meta.closed:
            said = f"it says that {document.meta.closed} tickets are closed; {tally.closed} are"
            self._found(document.path, -1, "", said)

    def _archive(self, entry: Archive) -> None:
        path = self._image.places.archive(entry.file)
        try:
            tally = self._document(self._image.archive(entry), frozenset(entry.stale))
        except LedgerDamagedError as error:
            self._found(path, -1, "", error.reason)
            return
        except ReplacedError as error:
            if self._image.identity != self._image.places.identity():
                raise
            self._found(path, -1, "", str(error))
            return
        if tally.closed != tally.rows:
            self._found(path, -1, "", "it is an archive and holds tickets that are not closed")
        right = (
            entry.rows == tally.rows
            and entry.first <= tally.first
            and entry.last >= tally.last
            and (tally.newest is None or entry.newest >= tally.newest)
        )
        if not right:
            self._found(path, -1, "", "it is not the archive that the snapshot names")

    def _document(self, document: Document, stale: frozenset[int]) -> Tally:
        """Look at every byte of a document."""
        for at, expected in document.frame():
            if document.bytes_at(at, len(expected)) != expected:
                self._found(document.path, at, "", "the words between its tables were changed")
        tally, keyed = Tally(), {}
        for at, line in self._lines(document, document.meta.tickets):
            number = number_of(line)
            ticket = self._ticket(document.path, at, line, is_stale=number in stale)
            tally.rows += 1
            tally.first, tally.last = tally.first or number, number
            if ticket is None:
                continue
            tally.closed += ticket.is_closed
            tally.newest = max(tally.newest or ticket.touched_at, ticket.touched_at)
            if keys_of(ticket):
                keyed[number] = ticket
        self._index(document, keyed)
        return tally

    def _lines(self, document: Document, table: Extent) -> Iterator[tuple[int, bytes]]:
        """The whole lines of a table with the byte each begins at; the others are findings."""
        last = 0
        for at, raw in document.raw_lines(table):
            self._advance(len(raw))
            line = raw.removesuffix(b"\n" if at + len(raw) == table.end else b",\n")
            if not is_sealed(line) or len(raw) == len(line):
                self._found(document.path, at, ref_in(raw), "this line is not what was written")
            elif number_of(line) <= last:
                self._found(document.path, at, ref_in(raw), "this line is out of order")
            else:
                last = number_of(line)
                yield at, line

    def _ticket(self, path: str, at: int, line: bytes, *, is_stale: bool) -> Ticket | None:
        """The ticket of a line, if it is what its events say."""
        number = number_of(line)
        ref = f"{PREFIX}{number}"
        try:
            ticket = ticket_of(line, path)
            folded = fold(ticket.ref, ticket.events)
        except LedgerDamagedError as error:
            self._found(path, at, ref, error.reason)
            return None
        except (IllegalStepError, TypeError) as error:
            self._found(path, at, ref, f"its events do not follow one another: {error}")
            return None
        if row_bytes(folded) != _row(line):
            self._found(path, at, ref, f"it is not what its events say: {_different(line, folded)}")
        if not is_stale:
            self._see(path, at, number)
            self._names(folded)
        return folded

    def _names(self, ticket: Ticket) -> None:
        """Remember which files a ticket says that it has, and how many events."""
        self._events += len(ticket.events)
        for file in ticket.attachments:
            if not file.refused:
                self._attached.setdefault(file.sha256, ticket.ref)
        for policy in pinned.pins_of(ticket.events):
            self._pinned.setdefault(policy, ticket.ref)

    def _evidence(self) -> None:
        """Look at every attached file, and at all service levels, that a ticket names."""
        for sha256, ref in sorted(self._attached.items()):
            path = evidence.path_of(self._image.places, sha256)
            problem = evidence.problem_of(path)
            if problem:
                self._found(path, -1, ref, f"the attached file {problem}")
        for policy, ref in sorted(self._pinned.items()):
            path, problem = pinned.examined(self._image.places, policy)
            if problem:
                self._found(path, -1, ref, f"the policy that it is pinned to {problem}")

    def _see(self, path: str, at: int, number: int) -> None:
        if number >= len(self._seen):
            self._found(path, at, f"{PREFIX}{number}", "this reference was never given out")
        elif self._seen[number]:
            self._found(path, at, f"{PREFIX}{number}", "this ticket is there twice")
        else:
            self._seen[number] = 1

    def _index(self, document: Document, keyed: dict[int, Ticket]) -> None:
        """Hold the index of a document against its tickets."""
        stored = self._lines(document, document.meta.keys)
        for found, line in itertools.zip_longest(stored, index_lines((), keyed)):
            if found is None or found[1] != line:
                at = found[0] if found else document.meta.keys.end
                self._found(document.path, at, "", "the index is not what the tickets say")
                return

    def _journal(self) -> None:
        image, journal = self._image, self._image.journal
        if journal is None:
            return
        self._advance(journal.end)
        self._end_of(journal)
        reader = TinyReader(image)
        for number, changes in image.changes.items():
            try:
                ticket = reader.get(f"{PREFIX}{number}")
            except LedgerDamagedError as error:
                self._found(journal.path, -1, f"{PREFIX}{number}", error.reason)
                continue
            except ReplacedError as error:
                if image.identity != image.places.identity():
                    raise
                self._found(journal.path, -1, f"{PREFIX}{number}", str(error))
                continue
            self._names(ticket)
            if changes[-1].keys != keys_of(ticket):
                problem = "its keys are not what its events say"
                self._found(journal.path, -1, ticket.ref, problem)
            self._seen[number] = 1

    def _end_of(self, journal: Journal) -> None:
        """What follows the last commit, and what should."""
        missing = self._image.missing(self._witness)
        ref = ref_in(journal.suspect())
        if journal.verdict == "damaged":
            self._found(journal.path, journal.end, ref, journal.damage().reason)
        elif journal.verdict == "torn" and not journal.end:  # no crash takes the first line away
            self._found(journal.path, 0, "", "it has lost its first line and all that followed")
        elif missing:
            problem = f"{missing} bytes of acknowledged commits are gone from its end"
            self._found(journal.path, journal.end, "", problem)
        elif journal.verdict == "unended":
            self._found(journal.path, journal.end, ref, "its last line has no end")

    def _numbers(self) -> None:
        """Every number that was given out has a ticket, or is known to have none."""
        snapshot, gone = self._image.places.snapshot, "this ticket was recorded and is not there"
        known = {finding.ref for finding in self._findings}
        at = self._seen.find(0, 1)
        while at > 0:
            ref = f"{PREFIX}{at}"
            if not self._image.is_gap(at) and ref not in known:
                self._found(snapshot, -1, ref, gone)
            at = self._seen.find(0, at + 1)

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)


def _row(line: bytes) -> bytes:
    return row_of(unsealed(line))


def _different(line: bytes, folded: Ticket) -> str:
    """The names of the fields that differ."""
    import msgspec  # noqa: PLC0415 - only a difference pays for it

    stored, right = msgspec.json.decode(_row(line)), msgspec.json.decode(row_bytes(folded))
    names = [name for name in {**stored, **right} if stored.get(name) != right.get(name)]
    return ", ".join(names) or "the order or spelling of its fields"


def _remarks(image: Image) -> Iterator[str]:
    """What is harmless and worth knowing."""
    if image.journal is not None and image.journal.verdict == "torn" and image.journal.end:
        yield f"{image.journal.path} ends in a commit that was not finished; writing mends it."
    places = image.places
    left = strays(places, image)
    for path in left:
        yield (
            f"{path} belongs to no snapshot: a process was killed, or is at work now. `sdcli compact` "
            f"keeps it in {places.damage}, and nothing of it is lost."
        )
    named = {entry.file for entry in image.document.meta.archives}
    if os.path.isdir(places.archives):
        known = {os.path.join(places.archives, name) for name in named}.union(left)
        others = {places.archive(name) for name in os.listdir(places.archives)} - known
        for path in sorted(others):
            then = "`sdcli compact` takes it away" if is_own(path) else "it can be moved elsewhere"
            yield f"{path} does not belong to this ledger, which never reads it: {then}."
