"""The journal: what was committed since the snapshot, one commit a line, appended and synced.

A commit is whole if its line carries the right checksum; it was acknowledged only after fsync.
What follows the last whole commit is judged by `judged`: an append that never ended is cut off,
anything else is damage and is left alone.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError
from sdcli.ledger.tiny.document import FORMAT, newer_format, regular
from sdcli.ledger.tiny.files import replacing, set_aside
from sdcli.ledger.tiny.seal import is_sealed, sealed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.ledger.tiny.document import Meta

_CHANGED = re.compile(rb'\{"ref":"SD-([1-9]\d{0,14})","events":\[')
_SECTOR = b"\0" * 512
_TAIL = len(b'"sum":"00000000"}\n')


class Header(msgspec.Struct, frozen=True):
    """The first line: which snapshot the commits continue, by generation and by checksum."""

    format: int
    generation: int
    follows: str


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one commit added to one ticket: its events, and the keys the ticket has after them."""

    ref: str
    events: tuple[msgspec.Raw, ...]
    keys: tuple[str, ...] = ()


class Commit(msgspec.Struct, frozen=True):
    """One line: the commit's number in this journal, from 1, and the tickets it changed."""

    commit: int
    tickets: tuple[Change, ...]


class Reading(NamedTuple):
    """What a stretch of journal holds: whole commits, the bytes they fill, and what follows."""

    commits: list[Commit]
    length: int
    rest: bytes


def header_line(generation: int, follows: str) -> bytes:
    """The first line of the journal that continues the snapshot with this checksum."""
    return sealed(msgspec.json.encode(Header(FORMAT, generation, follows))) + b"\n"


def commit_line(number: int, changes: Sequence[Change]) -> bytes:
    """The line of a commit."""
    return sealed(msgspec.json.encode(Commit(number, tuple(changes)))) + b"\n"


def changed_numbers(line: bytes) -> list[int]:
    """The numbers of the tickets that a commit changes, as far as its damaged line tells them."""
    return [int(digits) for digits in _CHANGED.findall(line)]


def read(raw: bytes, after: int) -> Reading:
    """The commits at the beginning of `raw`; the first must have the number `after` + 1."""
    commits: list[Commit] = []
    at = 0
    while True:
        end = raw.find(b"\n", at)
        if end < 0:
            break
        found = _commit(raw[at:end])
        if found is None or found.commit != after + len(commits) + 1:
            break
        commits.append(found)
        at = end + 1
    return Reading(commits, at, raw[at:])


def _commit(line: bytes) -> Commit | None:
    if not is_sealed(line):
        return None
    try:
        return msgspec.json.decode(line, type=Commit)
    except msgspec.MsgspecError:
        return None


Verdict = Literal["nothing", "torn", "unended", "damaged"]


def judged(rest: bytes, after: int) -> Verdict:
    """What follows the last whole commit.

    `torn`: an append that never ended, cut anywhere or with zeros where it was not yet written;
    it was not acknowledged. `unended`: a whole commit of which only the end of line is missing.
    `damaged`: anything else, such as a changed byte in a line that was whole.
    """
    if not rest:
        return "nothing"
    written = rest.rstrip(b"\0")
    if b"\n" in written:
        one_line = written.index(b"\n") == len(written) - 1
        return "torn" if one_line and _SECTOR in written else "damaged"
    if _commit(written) and read(written + b"\n", after).commits:
        return "unended"
    # A whole commit and then another byte than the end of line: that byte was changed.
    return "damaged" if _commit(written[:-1]) else "torn"


class ReplacedError(Exception):
    """The journal is not, or no longer, the one that continues the snapshot that was read."""


class Journal:
    """The journal of a snapshot, as far as it has been read.

    Args:
        path: the file.
        meta: what the snapshot says of itself.
    """

    def __init__(self, path: str, meta: Meta) -> None:
        self.path = path
        self.commits = 0
        self.end = 0
        self.is_folded = False
        self.verdict: Verdict = "nothing"
        self.rest = b""
        self._meta = meta
        self._header = header_line(meta.generation, meta.sum)
        self._identity = (0, 0)
        self._last = b""

    def read_on(self) -> list[Commit]:
        """The commits since the last reading; `verdict` then says what follows them.

        Raises:
            ReplacedError: it is not, or no longer, the journal of this snapshot.
            LedgerDamagedError: it does not begin as a journal does, or is not there.
            MachineError: the machine does not let it be read.
        """
        raw = self._unread()
        if not self.end:
            if not self._begins(raw):
                return []
            self.end, raw = len(self._header), raw[len(self._header) :]
        found = read(raw, self.commits)
        self.commits += len(found.commits)
        self.end += found.length
        self._last = (self._last + raw[: found.length])[-_TAIL:]
        self.rest, self.verdict = found.rest, judged(found.rest, self.commits)
        return found.commits

    def committed(self) -> bytes:
        """The bytes of the journal as far as it has been read.

        Raises:
            ReplacedError: it was replaced meanwhile.
        """
        end, last = self.end, self._last
        self.end, self._last = 0, b""
        try:
            return self._unread()[: end or len(self._header)]
        finally:
            self.end, self._last = end, last

    def append(self, changes: Sequence[Change]) -> None:
        """Add a commit; it is on disk when this returns. The caller holds the lock.

        Raises:
            MachineError: it could not be written; the journal is as it was.
        """
        line, after = commit_line(self.commits + 1, changes), ""
        try:
            with _appending(self.path) as handle:
                try:
                    _write(handle, line)
                    os.fsync(handle)
                except BaseException:
                    after = "Whether it lasts is not certain: look before you try again."
                    os.ftruncate(handle, self.end)
                    after = ""
                    raise
        except OSError as error:
            raise MachineError(
                "Writing the ledger", self.path, error.strerror or "", after=after
            ) from error
        self.commits += 1
        self.end += len(line)
        self._last = line[-_TAIL:]

    def heal(self, folder: str) -> str:
        """Mend the end of the journal; what to say of it. The caller holds the lock.

        Bytes that are cut off are kept in `folder`, though nobody was told that they are on
        record. The journal must be read anew afterwards.

        Raises:
            MachineError: it could not be written.
        """
        try:
            if not self.end:
                return self._begin_again(folder)
            written = len(self.rest.rstrip(b"\0")) if self.verdict == "unended" else 0
            if self.verdict == "torn":
                name = f"{os.path.basename(self.path)}-at-{self.end}"
                kept = set_aside(folder, name, self.rest, like=self.path)
            with _appending(self.path) as handle:
                os.ftruncate(handle, self.end + written)
                if written:
                    _write(handle, b"\n")
                os.fsync(handle)
        except OSError as error:
            raise MachineError("Mending the ledger", self.path, error.strerror or "") from error
        if written:
            return f"The last line of {self.path} had no end; it was whole and has one now."
        return (
            f"{self.path} ended in {len(self.rest)} bytes of a commit that was never finished "
            f"or acknowledged; they are cut off and kept in {kept}."
        )

    def _begin_again(self, folder: str) -> str:
        """Give a journal its first line again; no crash takes it away, so more may be missing."""
        kept = set_aside(folder, f"{os.path.basename(self.path)}-at-0", self.rest, like=self.path)
        self.start_over(like=self.path)
        return (
            f"{self.path} had been cut before the end of its first line, by something else than "
            "sdcli; it is begun again. Whatever was recorded since the last snapshot is gone: "
            f"compare with a backup. What was left of it is kept in {kept}."
        )

    def start_over(self, like: str) -> None:
        """Begin the journal of this snapshot, without commits. The caller holds the lock.

        Raises:
            OSError: it could not be written.
        """
        with replacing(self.path, like=like) as stream:
            stream.write(self._header)

    def damage(self) -> LedgerDamagedError:
        """What is wrong after the last commit that could be read."""
        refs = sorted(set(re.findall(rb'"ref":"(SD-\d+)"', self.suspect())))
        about = b", ".join(refs[:5]).decode() or "an unknown ticket"
        reason = f"the commit at byte {self.end}, about {about}, is not what was written"
        return LedgerDamagedError(self.path, reason)

    def suspect(self) -> bytes:
        """The line after the last commit that could be read; two if the first is only a part."""
        first, *more = self.rest.split(b"\n", 2)
        return first if first.endswith(b'"}') or not more else b"\n".join((first, more[0]))

    def _unread(self) -> bytes:
        try:
            handle = regular(self.path)
        except FileNotFoundError:
            reason = "the file is missing; it holds what was recorded since the last snapshot"
            raise LedgerDamagedError(self.path, reason) from None
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error
        try:
            about = os.fstat(handle)
            identity = (about.st_dev, about.st_ino)
            if self._identity not in ((0, 0), identity):
                raise ReplacedError("the journal was replaced")
            self._identity = identity
            begin = self.end - len(self._last)
            raw = os.pread(handle, max(0, about.st_size - begin), begin)
            # Cut, or a commit was taken back after it had been read.
            if about.st_size < self.end or not raw.startswith(self._last):
                raise ReplacedError("the journal was cut")
            return raw[len(self._last) :]
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error
        finally:
            os.close(handle)

    def _begins(self, raw: bytes) -> bool:
        """Whether the journal begins with the header that this snapshot asks for."""
        if raw.startswith(self._header):
            return True
        if self._header.startswith(raw.rstrip(b"\0")):
            self.verdict, self.rest = "torn", raw
            return False
        found = _header(raw.split(b"\n", 1)[0])
        if found is None:
            raise LedgerDamagedError(self.path, "its first line is not what was written")
        if found.format > FORMAT:
            raise newer_format(self.path, found.format)
        if found.follows != self._meta.after or not self._meta.after:
            raise ReplacedError(f"{self.path} continues another snapshot than this one")
        self.is_folded = True  # a new snapshot holds these commits; this file was about to go
        return False


def follows(path: str) -> str:
    """The checksum of the snapshot that the journal at `path` continues; empty if it tells none."""
    try:
        with open(path, "rb") as stream:
            found = _header(stream.readline().rstrip(b"\n"))
    except OSError:
        return ""
    return found.follows if found else ""


def _header(line: bytes) -> Header | None:
    try:
        return msgspec.json.decode(line, type=Header) if is_sealed(line) else None
    except msgspec.MsgspecError:
        return None


@contextmanager
def _appending(path: str) -> Iterator[int]:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        with suppress(OSError):  # what has been synced is on disk, and nothing else counts
            os.close(handle)


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
