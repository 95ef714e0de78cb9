"""Desks to measure: a ledger with so many open and so many closed tickets, made in a minute.

Tickets are of about 1.2 kB with five events, as the program itself folds and writes them; only
references and ids differ between tickets made from one pattern.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.ledger.tiny import document
from sdcli.ledger.tiny.document import (
    Archive,
    DocumentWriter,
    Extent,
    Meta,
    key_line,
    key_number,
    ticket_line,
)
from sdcli.ledger.tiny.image import Places
from sdcli.ledger.tiny.journal import Journal
from sdcli.ledger.tiny.rows import row_bytes
from sdcli.tickets.event import Accepted, Classified, Closed, Noted, Opened, Resolved, Waited
from sdcli.tickets.keys import alert
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.words import Priority

PATTERNS = 120
MONTHS = 36
SERVICES = ("erp", "vpn", "email", "printing", "laptop")
QUEUES = ("service-desk", "network", "applications")
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P3", "P4", "P4")
DETAILS = "It was seen in the morning by several people in finance, on both floors. "
NOW = datetime.now(timezone.utc).replace(microsecond=0)
_MARK = "SD-9999999999"


def make_desk(folder: Path, sdcli: str, *, open_: int, closed: int) -> None:
    """A desk in `folder` with a ledger of so many tickets; `sdcli` is the program to start it."""
    subprocess.run([sdcli, "init", str(folder)], check=True, capture_output=True)
    write_ledger(folder / "ledger", open_=open_, closed=closed)


def write_ledger(folder: Path, *, open_: int, closed: int) -> None:
    """A ledger as compaction leaves it: open tickets in the snapshot, closed ones by month."""
    folder.mkdir(exist_ok=True)
    places = Places(str(folder))
    numbers = itertools.count(1)
    archives = [
        _archive(places, numbers, month, closed // MONTHS + (month < closed % MONTHS))
        for month in range(min(MONTHS, closed))
    ]
    patterns = [_pattern(_open_events(index)) for index in range(PATTERNS)]
    nothing = Extent(0, 0, 0)
    with open(places.snapshot, "xb") as stream:
        writer = DocumentWriter(stream)
        first = next(numbers)
        lines = (_line(first + index, patterns[index % PATTERNS]) for index in range(open_))
        writer.tickets(lines)
        alerts = range(first, first + open_, PATTERNS)
        keys = sorted((key_number(alert(f"check/{number:012d}")), number) for number in alerts)
        writer.keys(key_line(key, [number]) for key, number in keys)
        meta = writer.end(
            Meta(
                format=document.FORMAT,
                generation=1,
                next=first + open_,
                tickets=nothing,
                keys=nothing,
                archives=tuple(archives),
            )
        )
    Journal(places.journal, meta).start_over(like="")


def _archive(places: Places, numbers: Iterator[int], month: int, rows: int) -> Archive:
    os.makedirs(places.archives, exist_ok=True)
    at = NOW - timedelta(days=30 * (MONTHS - month) + 15)
    pattern = _pattern(_closed_events(at))
    name = f"{at:%Y-%m}.{month}.json"
    nothing = Extent(0, 0, 0)
    taken = list(itertools.islice(numbers, rows))
    with open(places.archive(name), "xb") as stream:
        writer = DocumentWriter(stream)
        writer.tickets(_line(number, pattern) for number in taken)
        writer.keys(iter(()))
        meta = Meta(format=document.FORMAT, generation=1, next=0, tickets=nothing, keys=nothing)
        writer.end(replace(meta, closed=rows))
    return Archive(file=name, first=taken[0], last=taken[-1], rows=rows, newest=at)


def _line(number: int, pattern: list[bytes]) -> bytes:
    row = b"%d" % number
    return ticket_line(number, (b"SD-" + row).join(pattern).replace(b"%%", b"%012d" % number))


def _pattern(events: list[AnyEvent]) -> list[bytes]:
    return row_bytes(fold(_MARK, events)).split(_MARK.encode())


def _mark(index: int, at: datetime, by: str) -> tuple[str, datetime, str]:
    return f"01JD{index:010d}%%", at, by


def _open_events(index: int) -> list[AnyEvent]:
    """Five events of an open ticket; patterns differ in age, service, priority and state."""
    at = NOW - timedelta(hours=3 + index * 11)
    priority = PRIORITIES[index % len(PRIORITIES)]
    service = SERVICES[index % len(SERVICES)]
    events: list[AnyEvent] = [
        _opened(at, index, service),
        Classified(
            *_mark(1, at + timedelta(minutes=4), "ben"),
            type="incident",
            service=service,
            feature="unknown",
            impact="medium",
            urgency="medium",
            priority=priority,
        ),
        Accepted(*_mark(2, at + timedelta(minutes=9), "ben")),
        Noted(
            *_mark(3, at + timedelta(minutes=20), "ben"),
            text="We are looking at it and call back this afternoon.",
            visible=True,
        ),
    ]
    if index % 5 == 0:
        wait = _mark(4, at + timedelta(minutes=30), "ben")
        return [*events, Waited(*wait, waiting_for="caller", reason="Which printer is it?")]
    return [*events, Noted(*_mark(4, at + timedelta(minutes=50), "ben"), text="Logs are saved.")]


def _closed_events(at: datetime) -> list[AnyEvent]:
    """Five events of a ticket that was closed on the day it was opened."""
    return [
        _opened(at - timedelta(hours=3), 1, "erp"),
        Accepted(*_mark(1, at - timedelta(hours=2), "ben")),
        Noted(*_mark(2, at - timedelta(hours=2), "ben"), text="Called back.", visible=True),
        Resolved(*_mark(3, at - timedelta(hours=1), "ben"), code="solved", note="Job restarted."),
        Closed(*_mark(4, at, "ben"), code="solved", confirmed_by="ada", via="phone"),
    ]


def _opened(at: datetime, index: int, service: str) -> Opened:
    return Opened(
        *_mark(0, at, "ben"),
        summary=f"The report of last month is not complete, case {index}",
        queue=QUEUES[index % len(QUEUES)],
        priority="P3",
        channel="phone",
        requester="ada",
        type="incident",
        service=service,
        impact="medium",
        urgency="medium",
        details=DETAILS,
        key="" if index else "check/%%",
    )
