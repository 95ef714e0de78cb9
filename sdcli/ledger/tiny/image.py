"""An image of the ledger: one snapshot, the journal that continues it, and its archives.

The three are separate files and readers take no lock, so an image is put together like this:
the snapshot is opened first and names the rest; a journal or an archive that does not belong to
it means that a newer snapshot has just taken its place, and the image is put together anew.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from sdcli.errors import LedgerDamagedError, MachineError, NewerFormatError
from sdcli.ledger.tiny.document import NO_FILE, Document, checksum, empty
from sdcli.ledger.tiny.former import FORMER, FormerDocument
from sdcli.ledger.tiny.journal import Journal, ReplacedError, header_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.ledger.tiny.document import Archive
    from sdcli.ledger.tiny.journal import Change
    from sdcli.ledger.tiny.witness import Witness

_T = TypeVar("_T")

NOTHING = b'{"_default":{},"meta":{"1":{"format":1,"next":1}},"tickets":{}}'


_ARCHIVE = re.compile(r"(\d{4}-\d{2})\.(\d{1,15})\.json")


def archive_name(month: str, generation: int) -> str:
    """The file name of a month's archive: `2026-11.7.json`."""
    return f"{month}.{generation}.json"


def month_of(archive: str) -> str:
    """The month of an archive, by its file's name."""
    return archive.partition(".")[0]


def generation_of(archive: str) -> int:
    """The generation in which an archive was written, by its file's name."""
    match = _ARCHIVE.fullmatch(archive)
    return int(match.group(2)) if match else 0


@cache
def first() -> tuple[bytes, bytes]:
    """The snapshot that every ledger begins with, and the journal that continues it."""
    snapshot = empty()
    return snapshot, header_line(1, checksum(snapshot))


class Places:
    """Where the files of the ledger in `folder` are.

    If the snapshot is a link, the ledger is where it leads to, with all its files.
    """

    def __init__(self, folder: str) -> None:
        self._named = os.path.join(folder, "tickets.json")
        self.snapshot = os.path.realpath(self._named)
        self.folder = os.path.dirname(self.snapshot)
        stem = os.path.splitext(self.snapshot)[0]
        self.journal, self.lock = f"{stem}.journal", f"{stem}.lock"
        self._own = own = (
            "" if os.path.basename(stem) == "tickets" else f"{os.path.basename(stem)}-"
        )
        self.archives = os.path.join(self.folder, f"{own}archive")
        self.damage = os.path.join(self.folder, f"{own}damage")
        self.attachments = os.path.join(folder, "attachments")
        self.policies = os.path.join(folder, "policies")
        self.closed = os.path.join(self.folder, f"{own}moved")

    def lock_of(self, purpose: str) -> str:
        """The path of the lock of something that one process does at a time."""
        return os.path.join(self.folder, f"{self._own}{purpose}.lock")

    def archive(self, name: str) -> str:
        """The path of an archive."""
        return os.path.join(self.archives, name)

    def archive_files(self) -> list[str]:
        """The names of the archives that are there, whoever names them."""
        names = os.listdir(self.archives) if os.path.isdir(self.archives) else []
        return sorted(name for name in names if _ARCHIVE.fullmatch(name))

    def identity(self) -> tuple[int, ...] | None:
        """What tells the present snapshot from any other; None if there is none.

        Raises:
            MachineError: the machine does not let it be read.
        """
        return _identity(self.snapshot)

    def version(self, *beside: str) -> tuple[tuple[int, ...] | None, ...]:
        """What tells the state of snapshot, journal and the files `beside` them from any other.

        Raises:
            MachineError: the machine does not let them be looked at.
        """
        return tuple(_identity(path) for path in (self.snapshot, self.journal, *beside))

    def require_beginning(self) -> None:
        """The snapshot is not there: make sure that it never was.

        Raises:
            ReplacedError: it is there by now.
            LedgerDamagedError: a lock file, a journal or a link says that there is, or was, one.
        """
        reason = self.lost()
        if reason and self.identity() is not None:
            raise ReplacedError("the ledger has just begun")
        if reason:
            raise LedgerDamagedError(self.snapshot, reason)

    def lost(self) -> str:
        """What says that there was a snapshot; nothing if nothing does."""
        if os.path.exists(self.lock):
            return "the file is missing, and its lock file is there"
        if os.path.exists(self.journal) and os.path.getsize(self.journal) != len(first()[1]):
            return "the file is missing, and its journal is there"
        if os.path.isdir(self.archives) and os.listdir(self.archives):
            return "the file is missing, and there are archives beside it"
        for name in (os.path.dirname(self._named), self._named):
            if os.path.islink(name):
                return f"{name} is a link to where nothing is, as when a volume is not mounted"
        return ""


def _identity(path: str) -> tuple[int, ...] | None:
    """What tells a file from what was or will be in its place; None if there is none."""
    try:
        about = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MachineError("Reading the ledger", path, error.strerror or "") from error
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class Image:
    """One state of the ledger; `read_on` brings it up to date while its snapshot lasts."""

    def __init__(
        self, places: Places, opened: Document | FormerDocument, journal: Journal | None
    ) -> None:
        self.places = places
        self.document = opened
        self.identity = opened.identity
        self.journal = journal
        self.changes: dict[int, list[Change]] = {}
        self.keys: dict[str, set[int]] = {}
        self.next = opened.meta.next
        self._archives: dict[str, Document] = {}

    def read_on(self) -> None:
        """Take in what was committed since the last reading, as far as it can be read.

        Raises:
            ReplacedError: the snapshot was replaced meanwhile.
            LedgerDamagedError: the journal does not begin as it must.
        """
        if self.identity != self.places.identity():
            raise ReplacedError("the snapshot was replaced")
        if self.journal is not None:
            for commit in self.journal.read_on():
                self.take(commit.tickets)

    def missing(self, witness: Witness | None) -> int:
        """How many bytes of acknowledged commits the journal has lost, by what was witnessed."""
        journal = self.journal
        if witness is None or journal is None or journal.is_folded:
            return 0
        if witness.generation != self.document.meta.generation:
            return 0
        unended = len(journal.rest) + 1 if journal.verdict == "unended" else 0
        return max(0, witness.length - journal.end - unended)

    def require_sound(self) -> None:
        """Refuse a journal that is damaged.

        Raises:
            LedgerDamagedError: it is.
        """
        if self.journal is not None and self.journal.verdict == "damaged":
            raise self.journal.damage()

    def size(self) -> int:
        """The bytes of all files of the image; one that was just replaced counts for nothing."""
        paths = [self.places.snapshot, self.places.journal]
        paths += [self.places.archive(entry.file) for entry in self.document.meta.archives]
        return sum(map(_size, paths))

    def take(self, changes: Sequence[Change]) -> None:
        """Add the changes of a commit."""
        for change in changes:
            number = int(change.ref.partition("-")[2])
            self.changes.setdefault(number, []).append(change)
            self.next = max(self.next, number + 1)
            for key in change.keys:
                self.keys.setdefault(key, set()).add(number)

    def stored(self, number: int) -> tuple[bytes, str] | None:
        """The line of a ticket in snapshot or archive, and the file it is in.

        Raises:
            ReplacedError: an archive is not there any more.
            LedgerDamagedError: the line is damaged.
        """
        line = self.document.ticket(number)
        if line is not None:
            return line, self.document.path
        found = self._archived(number)
        return (found[1], self.places.archive(found[0].file)) if found else None

    def archive_of(self, number: int) -> Archive | None:
        """The archive that holds the row of a ticket; None if the snapshot does, or no file.

        Raises:
            ReplacedError: an archive is not there any more.
        """
        archives = self.document.meta.archives
        if not any(entry.first <= number <= entry.last for entry in archives):
            return None
        if self.document.ticket(number) is not None:
            return None
        found = self._archived(number)
        return found[0] if found else None

    def _archived(self, number: int) -> tuple[Archive, bytes] | None:
        for entry in self.document.meta.archives:
            if entry.first <= number <= entry.last and number not in entry.stale:
                line = self.archive(entry).ticket(number)
                if line is not None:
                    return entry, line
        return None

    def archive(self, entry: Archive) -> Document:
        """An archive of this snapshot, opened.

        Raises:
            ReplacedError: it is not there any more.
        """
        found = self._archives.get(entry.file)
        if found is None:
            try:
                found = Document(self.places.archive(entry.file))
            except FileNotFoundError:
                reason = f"the archive {entry.file}, which the snapshot names, is missing"
                raise ReplacedError(reason) from None
            self._archives[entry.file] = found
        return found

    def documents(self) -> Iterator[tuple[Document | FormerDocument, frozenset[int]]]:
        """The snapshot and all archives, each with the numbers that are stale in it."""
        yield self.document, frozenset()
        for entry in self.document.meta.archives:
            yield self.archive(entry), frozenset(entry.stale)

    def is_gap(self, number: int) -> bool:
        """Whether the ledger says of itself that it has no ticket of this number."""
        gaps = self.document.meta.gaps
        return number >= self.next or any(first <= number <= last for first, last in gaps)


def strays(places: Places, image: Image) -> list[str]:
    """The paths of the archives that the snapshot of an image does not name."""
    named = {entry.file for entry in image.document.meta.archives}
    return [places.archive(name) for name in places.archive_files() if name not in named]


def _document(places: Places) -> Document | FormerDocument:
    identity = places.identity()
    try:
        return Document(places.snapshot)
    except FileNotFoundError:
        places.require_beginning()
        return FormerDocument(places.snapshot, NOTHING, None)
    except NewerFormatError:
        raise
    except LedgerDamagedError as error:
        if error.reason == NO_FILE:
            raise
        with open(places.snapshot, "rb") as stream:
            raw = stream.read()
        if places.identity() != identity:
            raise ReplacedError("the snapshot was replaced") from None
        former = FormerDocument(places.snapshot, raw, identity)
        if former.meta.format == FORMER:
            return former
        raise


def _journal(places: Places, opened: Document | FormerDocument) -> Journal | None:
    if isinstance(opened, FormerDocument):
        return None
    return Journal(places.journal, opened.meta)


def _put_together(places: Places) -> Image:
    opened = _document(places)
    image = Image(places, opened, _journal(places, opened))
    image.read_on()
    return image


def load(places: Places) -> Image:
    """The ledger as it is now.

    Raises:
        LedgerDamagedError: its files do not belong together, or one of them is damaged.
        MachineError: the machine does not let it be read.
    """
    image = open_image(places)
    image.require_sound()
    return image


def settled(places: Places, question: Callable[[Image], _T]) -> _T:
    """The answer of an image; asked again while snapshots are being replaced.

    Raises:
        LedgerDamagedError: an archive is missing, and nobody is replacing it; or as `load`.
        MachineError: as `load`.
    """
    before: tuple[int, ...] | None = (0,)
    while True:
        image = open_image(places)
        try:
            return question(image)
        except ReplacedError as error:
            if image.identity == before:
                raise LedgerDamagedError(places.snapshot, str(error)) from None
        before = image.identity


def open_image(places: Places) -> Image:
    """The ledger as it is now, but for what follows a damaged commit.

    Raises:
        LedgerDamagedError: its files do not belong together, or one cannot be opened.
        MachineError: the machine does not let it be read.
    """
    before: tuple[int, ...] | None = (0,)
    while True:
        found = places.identity()
        try:
            return _put_together(places)
        except ReplacedError as error:
            if found == before:  # nobody replaces it: it is so
                raise LedgerDamagedError(places.snapshot, str(error)) from None
        before = found
