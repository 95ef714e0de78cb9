"""A ledger in a folder that is moved to another home, or comes from one."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.errors import MachineError
from sdcli.ledger import closed
from sdcli.ledger.interface import Standing
from sdcli.ledger.tiny.document import FORMAT, number_of
from sdcli.ledger.tiny.files import replacing
from sdcli.ledger.tiny.image import settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.ledger.interface import Home, Mark, Progress
    from sdcli.ledger.tiny.document import Document
    from sdcli.ledger.tiny.former import FormerDocument
    from sdcli.ledger.tiny.image import Image, Places
    from sdcli.tickets.ticket import Ticket

_COPY = "copy-"
_EVENT = b'{"kind":"'
"""What each event begins with, and nothing else can: quotes within a text are escaped."""
_TELL_EVERY = 200


def mark(places: Places) -> bytes:
    """The mark that closes the ledger, as it is stored; empty if it is open.

    Raises:
        MachineError: the machine does not let it be read.
    """
    path = places.closed
    try:
        with open(path, "rb") as stream:
            return stream.read() or b"?"
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise MachineError("Reading", path, error.strerror or "") from error


def close(places: Places, mark_: Mark | None) -> None:
    """Close the ledger, or open it again; the caller holds the lock.

    Raises:
        MachineError: it could not be written.
    """
    path = places.closed
    try:
        if mark_ is None:
            with suppress(FileNotFoundError):
                os.unlink(path)
            return
        with replacing(path, like=places.snapshot) as stream:
            stream.write(closed.written(mark_).encode() + b"\n")
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error


def take_over(places: Places, source: Home, progress: Progress) -> None:
    """Put what another ledger holds in the place of this one; the caller holds the lock.

    Nothing has changed here until the new snapshot takes its place, in one step.

    Raises:
        MachineError: it could not be written.
    """
    from sdcli.ledger.tiny.backup import Saved, put_back  # noqa: PLC0415 - one command's
    from sdcli.ledger.tiny.fill import fill  # noqa: PLC0415

    try:
        for name in os.listdir(places.folder):
            if name.startswith(_COPY):  # of a process that was killed
                shutil.rmtree(os.path.join(places.folder, name), ignore_errors=True)
        folder = tempfile.mkdtemp(prefix=_COPY, dir=places.folder)
        try:
            tickets = counted(source.everything(), source.count(), progress)
            saved = fill(folder, tickets, source.next_number)
            put_back(places, Saved(saved, 0), keeps=False)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise MachineError("Copying into", places.folder, error.strerror or str(error)) from error


def counted(tickets: Iterator[Ticket], total: int, progress: Progress) -> Iterator[Ticket]:
    """The tickets, with word of how far they have got."""
    for done, ticket in enumerate(tickets, 1):
        yield ticket
        if done % _TELL_EVERY == 0:
            progress(done, max(done, total))


def standing(places: Places, tickets: int, size: int) -> Standing:
    """How the ledger is."""
    events, newest, archives = settled(places, _looked_over)
    found = mark(places)
    return Standing(
        home="folder",
        place=places.folder,
        format=FORMAT,
        tickets=tickets,
        events=events,
        about=False,
        size=size,
        months=archives,
        newest=newest,
        closed=closed.read(found) if found else None,
    )


def _looked_over(image: Image) -> tuple[int, datetime | None, int]:
    """How many events there are, when the last one was entered, and how many archives."""
    from sdcli.ledger.tiny.reader import TinyReader  # noqa: PLC0415 - imports much

    events = sum(
        _events(document, stale.union(image.changes)) for document, stale in image.documents()
    )
    reader = TinyReader(image)
    changed = [reader.get(f"SD-{number}") for number in image.changes]
    events += sum(len(ticket.events) for ticket in changed)
    archives = image.document.meta.archives
    entered = [e.entered or e.at for ticket in changed for e in ticket.events]
    newest = max([*entered, *(entry.newest for entry in archives)], default=None)
    return events, newest, len(archives)


def _events(document: Document | FormerDocument, without: frozenset[int]) -> int:
    lines = document.tickets()
    return sum(line.count(_EVENT) for line in lines if number_of(line) not in without)
