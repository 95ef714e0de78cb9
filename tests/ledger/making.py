"""What the tests of the ledger share: tickets made by hand, and ledgers in every state."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.ledger.tiny.document import FORMAT, DocumentWriter, Extent, Meta
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.journal import header_line
from sdcli.tickets.event import Closed, Noted, Opened, Reopened, Resolved, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ALL = Query(statuses=STATUSES)
NAMES = ["tickets.journal", "tickets.json", "tickets.lock"]
"""The files of a ledger without archives."""


def mark(hours: float = 0, by: str = "ben") -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event."""
    return Stamp(at=NOW + timedelta(hours=hours), by=by).mark()


def opened(summary: str = "It is broken", **more: Any) -> Opened:
    """An opening event."""
    given = {"queue": "service-desk", "priority": "P3", **more}
    return Opened(*mark(given.pop("hours", 0)), summary=summary, **given)


def noted(text: str = "x", hours: float = 1) -> Noted:
    """A note."""
    return Noted(*mark(hours), text=text)


def closing(hours: float = 1) -> tuple[AnyEvent, ...]:
    """The events that end a ticket."""
    return (
        Resolved(*mark(hours), code="fixed"),
        Closed(*mark(hours), code="fixed", unconfirmed="gone"),
    )


def reopening(hours: float = 2) -> Reopened:
    """Back to work."""
    return Reopened(*mark(hours), reason="again")


def home(folder: Path, tell: Callable[[str], None] = lambda _: None) -> TinyLedger:
    """The ledger in a folder, freshly opened."""
    return TinyLedger(str(folder), 5, tell)


def put(folder: Path, summary: str = "It is broken", **more: Any) -> str:
    """A new ticket in a commit of its own; its reference."""
    with home(folder).write() as writer:
        return writer.create([opened(summary, **more)]).ref


def add(folder: Path, ref: str, *events: AnyEvent) -> Ticket:
    """Further events on a ticket in a commit of their own."""
    with home(folder).write() as writer:
        return writer.append(writer.get(ref), events)


def close(folder: Path, *refs: str, hours: float = 1) -> None:
    """Close each of these tickets in a commit of its own."""
    for ref in refs:
        add(folder, ref, *closing(hours))


def compact(folder: Path) -> None:
    """Fold the journal into a new snapshot."""
    home(folder).compact()


def tickets(folder: Path) -> list[Ticket]:
    """All tickets as a process that has just started sees them."""
    return list(home(folder).find(ALL))


def read(folder: Path) -> list[str]:
    """The summaries of all tickets."""
    return [ticket.summary for ticket in tickets(folder)]


def heard(folder: Path) -> tuple[list[Ticket], list[str]]:
    """All tickets, and what was told while they were read."""
    told: list[str] = []
    return list(home(folder, told.append).find(ALL)), told


def picture(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything below a folder: inode, time of change, mode and bytes."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        at = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (at.st_ino, at.st_mtime_ns, at.st_mode, content)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file below a folder, but for the note in the lock file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "tickets.lock"
    }


def snapshot_of(
    folder: Path, lines: Iterable[bytes], next_number: int, generation: int = 2
) -> None:
    """A ledger whose snapshot has these sealed lines of tickets, and that has no commits since."""
    nothing = Extent(0, 0, 0)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tickets.json").open("wb") as stream:
        writer = DocumentWriter(stream)
        writer.tickets(lines)
        writer.keys(())
        meta = writer.end(
            Meta(
                format=FORMAT,
                generation=generation,
                next=next_number,
                tickets=nothing,
                keys=nothing,
            )
        )
    (folder / "tickets.journal").write_bytes(header_line(generation, meta.sum))


def lines_of(file: Path) -> list[bytes]:
    """The lines of a document of the ledger, without the commas between them."""
    return [line.removesuffix(b",") for line in file.read_bytes().splitlines()]


def former(folder: Path, *openings: Opened, next_number: int = 0) -> list[Ticket]:
    """A ledger of the first format, as the program that knew no other wrote it."""
    made = [fold(f"SD-{number}", [event]) for number, event in enumerate(openings, 1)]
    return formerly(folder, made, next_number)


def formerly(folder: Path, made: list[Ticket], next_number: int = 0) -> list[Ticket]:
    """As `former`, with tickets that have a history."""
    rows = [b'"%s":%s' % (t.ref[3:].encode(), msgspec.json.encode(t)) for t in made]
    number = next_number or len(made) + 1
    folder.mkdir(parents=True)
    (folder / "tickets.json").write_bytes(
        b'{"_default":{},\n"meta":{"1":{"format":1,"next":%d}},\n"tickets":{\n%s\n}}\n'
        % (number, b",\n".join(rows))
    )
    return made


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(os.listdir(folder))


def overwrite(path: Path, content: bytes) -> None:
    """Write a file in place; one that was emptied before is slow on some file systems."""
    with path.open("r+b") as stream:
        stream.write(content)
        stream.truncate()


DYING = """
import os, signal

def dying(real, left):
    def call(*args, **how):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **how)
    return call
"""
"""For a program of its own: a function that kills its process at the call that was counted down to."""
