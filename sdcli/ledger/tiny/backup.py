"""Backup and restore: the whole ledger as one tar file, taken and put back while others work.

A backup is an image: whoever writes meanwhile does not disturb it. A restore is a new snapshot
like any other, so readers see the ledger before it or after it; references that were given out
since the backup are not given out again, and the ledger as it was is kept beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
import zlib
from contextlib import contextmanager, suppress
from gzip import BadGzipFile
from io import BytesIO
from lzma import LZMAError
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sdcli.errors import (
    BackupDamagedError,
    LedgerDamagedError,
    MachineError,
    PartialBackupError,
    RefusedError,
)
from sdcli.ledger.folders import make_folder, sync_folder
from sdcli.ledger.interface import Restored
from sdcli.ledger.tiny import evidence, pinned
from sdcli.ledger.tiny.compact import Plan, compact
from sdcli.ledger.tiny.doctor import examine, is_about_a_file
from sdcli.ledger.tiny.document import FORMAT, Document
from sdcli.ledger.tiny.files import replacing
from sdcli.ledger.tiny.image import (
    Image,
    Places,
    archive_name,
    first,
    generation_of,
    load,
    month_of,
    open_image,
    settled,
)
from sdcli.ledger.tiny.journal import changed_numbers
from sdcli.ledger.tiny.reader import TinyReader
from sdcli.ledger.tiny.repair import meta_of
from sdcli.ledger.tiny.rows import PREFIX
from sdcli.ledger.tiny.witness import seen
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from sdcli.ledger.interface import Progress
    from sdcli.ledger.tiny.journal import Journal

_MEMBER = re.compile(r"tickets\.(json|journal)|archive/\d{4}-\d{2}\.\d{1,15}\.json")
_NUMBER = re.compile(rb'^"(\d{1,15})":\{"ref":')
_COMPRESSED = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}


def back_up(places: Places, path: str, progress: Progress) -> int:
    """Write a backup to the new file `path`; how many tickets are in it.

    Raises:
        RefusedError: the file is there already.
        LedgerDamagedError: the ledger is damaged; a backup of it would be worth nothing.
        PartialBackupError: it is written, without attached files that are gone or changed.
        MachineError: it could not be written.
    """
    if os.path.lexists(path):
        raise RefusedError(f"{path} is there already; name a file that is not.")
    witness = seen(places.lock)
    image, journal = settled(places, _at_rest)
    if image.missing(witness):
        reason = "acknowledged commits are gone from its end"
        raise LedgerDamagedError(places.journal, reason)
    files, bad = _evidence(places, image, journal)
    total, done = image.size() + sum(os.path.getsize(file) for _, file in files), 0
    compression = _COMPRESSED.get(os.path.splitext(path)[1], "")
    try:
        with (
            replacing(path, like=places.snapshot) as stream,
            tarfile.open(fileobj=stream, mode=f"w:{compression}") as tar,  # type: ignore[call-overload]
        ):
            for name, content, size in _members(image, journal):
                about = tarfile.TarInfo(name)
                about.size, about.mode = size, 0o600
                with content:
                    tar.addfile(about, content)
                done += size
                progress(done, total)
            for name, file in files:
                tar.add(file, name, recursive=False, filter=_plain)
                done += os.path.getsize(file)
                progress(done, total)
    except OSError as error:
        raise MachineError("Writing the backup", path, error.strerror or str(error)) from error
    if bad:
        raise PartialBackupError(path, bad)
    return TinyReader(image).count()


def _evidence(
    places: Places, image: Image, journal: bytes
) -> tuple[list[tuple[str, str]], list[str]]:
    """The attached files and service levels that are sound, each with its name in a backup.

    And what is wrong. They are looked for after the tickets, so whatever a ticket names is among
    them.
    """
    sound, bad, there = [], [], set()
    for name, path in (*evidence.kept(places), *pinned.members(places)):
        problem = evidence.problem_of(path)
        there.add(name)
        if problem:
            bad.append(f"{path} {problem}")
        else:
            sound.append((name, path))
    named: set[str] = set()
    likely: set[str] = set()
    for _, content, _ in _members(image, journal):
        with content:
            for line in content:
                named.update(evidence.named_in(line))
                likely.update(map(pinned.member_of, pinned.likely_in(line)))
    if likely - there:
        named |= likely & _pinned(image)
    folder = os.path.dirname(places.attachments)
    bad += [f"{os.path.join(folder, name)} is missing" for name in sorted(named - there)]
    return sound, bad


def _pinned(image: Image) -> set[str]:
    """What the files are called in a backup that tickets are pinned to, by their own events."""
    every = TinyReader(image).find(Query(statuses=STATUSES, record=""))
    return {pinned.member_of(each) for ticket in every for each in pinned.pins_of(ticket.events)}


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member without the names of this machine's people, and without the times of its files."""
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    member.mtime = 0
    return member


def _at_rest(image: Image) -> tuple[Image, bytes]:
    """An image with all its files open and whole, and its journal as far as it is committed."""
    image.require_sound()
    archives = [image.archive(entry) for entry in image.document.meta.archives]
    for each in (image.document, *archives):
        if isinstance(each, Document):
            each.require_whole()
    return image, image.journal.committed() if image.journal else b""


def _members(image: Image, journal: bytes) -> Iterator[tuple[str, BinaryIO, int]]:
    """The files of an image: name, content, and size in bytes."""
    for entry in image.document.meta.archives:
        document = image.archive(entry)
        yield f"archive/{entry.file}", document.stream(), document.size
    if isinstance(image.document, Document):
        yield "tickets.json", image.document.stream(), image.document.size
        yield "tickets.journal", BytesIO(journal), len(journal)
    else:
        yield "tickets.json", BytesIO(image.document.raw), len(image.document.raw)


@contextmanager
def unpacked(places: Places, path: str, progress: Progress) -> Iterator[Saved]:
    """The sound ledger in a backup, in a folder of its own for the block.

    Raises:
        BackupDamagedError: the file is no backup, or what is in it is damaged.
        MachineError: it could not be read, or not be unpacked here.
    """
    try:
        os.makedirs(places.folder, exist_ok=True)
        folder = tempfile.mkdtemp(prefix="restore-", dir=places.folder)
    except OSError as error:
        raise MachineError("Unpacking into", places.folder, error.strerror or "") from error
    try:
        saved = _unpack(path, folder)
        examination = examine(saved, progress)
        _require_acknowledged(saved, path)
        for finding in examination.findings:
            if is_about_a_file(saved, finding):  # it was told when the backup was made
                continue
            name = os.path.relpath(finding.file, saved.folder)
            reason = f"{name} in it: {finding.problem} {finding.ref}".rstrip()
            raise BackupDamagedError(path, reason)
        yield Saved(saved, examination.tickets)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_acknowledged(saved: Places, path: str) -> None:
    """A backup holds what had been committed, so half a commit in it is no crash.

    Raises:
        BackupDamagedError: there is one.
    """
    journal: Journal | None = None
    with suppress(LedgerDamagedError):  # told by its examination
        journal = open_image(saved).journal
    if journal is not None and journal.verdict != "nothing":
        raise BackupDamagedError(path, "its journal is cut")


class Saved(NamedTuple):
    """A ledger that was unpacked from a backup, and how many tickets are in it."""

    places: Places
    tickets: int


def _unpack(path: str, folder: str) -> Places:
    try:
        with tarfile.open(path) as tar:
            members = {each.name: each for each in tar if _is_ours(each.name)}
            if "tickets.json" not in members:
                raise BackupDamagedError(path, "it is not a backup of a ledger")
            os.mkdir(os.path.join(folder, "archive"))
            for name, member in members.items():
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise BackupDamagedError(path, f"{name} in it is not a file")
                path_here = os.path.join(folder, name)
                os.makedirs(os.path.dirname(path_here), exist_ok=True)
                with content, open(path_here, "xb") as stream:
                    shutil.copyfileobj(content, stream)
                if _is_proven(name) and evidence.problem_of(path_here):
                    raise BackupDamagedError(path, f"{name} in it is not what it was")
    except (tarfile.TarError, EOFError, BadGzipFile, LZMAError, zlib.error) as error:
        raise BackupDamagedError(path, "it is not a whole tar file") from error
    except OSError as error:
        raise MachineError("Reading the backup", path, error.strerror or str(error)) from error
    return Places(folder)


def _is_ours(name: str) -> bool:
    return bool(_MEMBER.fullmatch(name)) or _is_proven(name)


def _is_proven(name: str) -> bool:
    """Whether a member is called after its hash."""
    return evidence.is_member(name) or bool(pinned.MEMBER.fullmatch(name))


def _put_back_attachments(saved: Places, places: Places) -> None:
    """Bring the attached files of a backup here, unless they are here whole; none goes away.

    So with the service levels that tickets are pinned to.
    """
    for name, path in (*evidence.kept(saved), *pinned.members(saved)):
        there = os.path.join(os.path.dirname(places.attachments), name)
        if not evidence.problem_of(there):
            continue
        own = os.path.dirname(there)
        for folder in (os.path.dirname(own), own):
            make_folder(folder)
        with open(path, "rb") as content, replacing(there, like=places.snapshot) as stream:
            shutil.copyfileobj(content, stream)


def put_back(places: Places, saved: Saved, *, keeps: bool = True) -> Restored:
    """Put an unpacked ledger in the place of the present one. The caller holds the lock.

    The present one is kept beside it, unless it is not worth it: the other one holds all of it.

    Raises:
        MachineError: it could not be written; the ledger is as it was.
    """
    try:
        kept = _kept(places) if keeps else ""
        plan = _plan(load(saved.places), places)
        make_folder(places.archives)
        for entry in plan.image.document.meta.archives:
            name = places.archive(_renamed(entry.file, plan.meta.generation))
            with (
                open(saved.places.archive(entry.file), "rb") as content,
                replacing(name, like=places.snapshot) as stream,
            ):
                shutil.copyfileobj(content, stream)
        _put_back_attachments(saved.places, places)
    except OSError as error:
        path = places.folder
        raise MachineError("Restoring into", path, error.strerror or str(error)) from error
    compact(plan)
    with suppress(OSError):
        for name in places.archive_files():
            if generation_of(name) != plan.meta.generation:
                os.unlink(places.archive(name))
    return Restored(saved.tickets, f"{PREFIX}{plan.meta.next}", kept)


def _plan(image: Image, places: Places) -> Plan:
    """The next snapshot here: what the image says, under a generation and references of its own."""
    said, before = image.document.meta, meta_of(places)
    generations = [before.generation, said.generation, *map(generation_of, places.archive_files())]
    generation = max(generations) + 1
    witness = seen(places.lock)
    given_out = (before.next, _highest(places) + 1, witness.next if witness else 1)
    next_number = max(image.next, *given_out)
    since = ((image.next, next_number - 1),) if next_number > image.next else ()
    archives = (replace(entry, file=_renamed(entry.file, generation)) for entry in said.archives)
    meta = replace(
        said,
        format=FORMAT,
        generation=generation,
        next=next_number,
        gaps=(*said.gaps, *since),
        archives=tuple(archives),
    )
    reader = TinyReader(image)
    fresh = {number: reader.get(f"{PREFIX}{number}") for number in image.changes}
    return Plan(image, fresh, places, meta, archives=False)


def _renamed(archive: str, generation: int) -> str:
    return archive_name(month_of(archive), generation)


def _highest(places: Places) -> int:
    """The highest reference that the present files hold, whatever state they are in."""
    archives = (places.archive(name) for name in places.archive_files())
    highest = 0
    for path in (places.snapshot, places.journal, *archives):
        with suppress(FileNotFoundError), open(path, "rb") as stream:
            for line in stream:
                highest = max(
                    [highest, *map(int, _NUMBER.findall(line[:40]) or changed_numbers(line))]
                )
    return highest


def _kept(places: Places) -> str:
    """The folder in which the present ledger is kept; empty if there is none."""
    if places.identity() is None or _is_new(places):
        return ""
    number = 1
    while os.path.exists(kept := os.path.join(places.folder, f"before-restore.{number}")):
        number += 1
    make_folder(kept)
    make_folder(os.path.join(kept, "archive"))
    os.link(places.snapshot, os.path.join(kept, "tickets.json"))
    if os.path.exists(places.journal):  # appended to in place, so a second name would not do
        shutil.copy2(places.journal, os.path.join(kept, "tickets.journal"))
    for name in places.archive_files():
        os.link(places.archive(name), os.path.join(kept, "archive", name))
    sync_folder(kept)
    return kept


def _is_new(places: Places) -> bool:
    """Whether nothing has ever been recorded."""
    snapshot, journal = first()
    with suppress(OSError), open(places.snapshot, "rb") as ours, open(places.journal, "rb") as its:
        return ours.read(len(snapshot) + 1) == snapshot and its.read(len(journal) + 1) == journal
    return False
