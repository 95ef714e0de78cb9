"""The board looks at an open desk: all of it in one reading of the ledger, or one ticket (R3d2.1c).

Nothing is locked. Each reading opens the desk anew, so that what it shows is by the files of now.
"""

from __future__ import annotations

import heapq
from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.board.state import Board, Detail, Place, Row
from sdcli.errors import LedgerDamagedError
from sdcli.insight.load import AT_WORK, Faced, Load
from sdcli.policy.load import version as files_version
from sdcli.promises import Promises
from sdcli.sla.colour import colour
from sdcli.sla.colour import pressing as pressing_clock
from sdcli.tickets.query import Query, pressing, urgency
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.tickets import Seen
    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target
    from sdcli.tickets.ticket import Ticket

MOST = 20_000
"""So many tickets of a query are shown: closed ones may be more than anybody reads."""
_NOTES = 3


def read(desk: Desk, query: str = "") -> Board:
    """The desk as it is now; with a query, the tickets that it asks for.

    Raises:
        QueryError: the query cannot be read.
        LedgerDamagedError: the ledger cannot be read whole.
        DataFileError: a file of the desk is wrong.
    """
    wanted = _asked(desk, query) if query else None
    state = version(desk)  # before what is read: what comes later is another one
    load, now = Load(desk.policy), desk.now
    rows: list[tuple[Ticket, Row]] = []
    first = min(desk.policy.sla.alerts.warn_at, default=BREACH)
    oldest = now
    for ticket in desk.ledger.find(Query()):
        sla = desk.sla(ticket) if ticket.status in AT_WORK else {}
        row = _row(ticket, sla, first)
        load.take(Faced(ticket, row.colour, overstayed=False))
        if ticket.status in AT_WORK:
            oldest = min(oldest, ticket.opened_at)
        if wanted is None:
            rows.append((ticket, row))
    more = 0
    if wanted is None:
        shown = [row for _, row in sorted(rows, key=lambda pair: urgency(pair[0]))]
    else:
        tickets, more = _most(wanted)
        shown = [_row(each, desk.sla(each), first) for each in tickets]
    return Board(
        rows=tuple(shown),
        more=more,
        queues=tuple(_places(load)),
        by=desk.by,
        read_at=now,
        version=state,
        query=query,
        missed_s=Promises(desk).missed_check(oldest),
        checked_at=_checked_at(desk),
    )


def _checked_at(desk: Desk) -> datetime | None:
    """When the clocks were last checked; a heartbeat that cannot be read is none."""
    with suppress(LedgerDamagedError):
        beat = desk.ledger.last_beat()
        return beat.at if beat else None
    return None


def _asked(desk: Desk, query: str) -> Iterator[Ticket]:
    """What a query asks for; that it cannot be read is said at once."""
    from sdcli.finding import Finding  # noqa: PLC0415 - most look without a query

    return Finding(desk, query).tickets()


def _most(tickets: Iterable[Ticket]) -> tuple[list[Ticket], int]:
    """The most pressing ones, no more than are shown; and how many are left off."""
    seen = 0

    def each() -> Iterator[Ticket]:
        nonlocal seen
        for ticket in tickets:
            seen += 1
            yield ticket

    found = heapq.nsmallest(MOST, each(), key=urgency)
    return pressing(found), seen - len(found)


def _row(ticket: Ticket, sla: Mapping[Target, Clock], first_warning: int) -> Row:
    """A ticket as a row; what is over has no colour."""
    at_work = ticket.status in AT_WORK
    found = pressing_clock(sla) if at_work else None
    return Row(
        ref=ticket.ref,
        priority=ticket.priority,
        colour=colour(sla, first_warning) if at_work else "none",
        target=found[0] if found else "",
        due=found[1].due if found else None,
        opened_at=ticket.opened_at,
        status=ticket.status,
        queue=ticket.queue,
        assignee=ticket.assignee or "",
        summary=ticket.summary,
        news=ticket.news,
        last=ticket.events[-1].id,
    )


def _places(load: Load) -> Iterator[Place]:
    for each in load.queues:
        yield Place(
            name=each.queue,
            tier=each.tier,
            focus=each.focus,
            open=each.open,
            unassigned=each.unassigned,
            near=each.colours["near"],
            breached=each.colours["breached"],
            oldest_at=each.oldest_at,
        )


def version(desk: Desk) -> Hashable:
    """What tells the state of the ledger and of the desk's files from any other, unread."""
    return desk.ledger.version(), files_version(desk.root)


def detail(desk: Desk, ref: str) -> Detail:
    """What matters of one ticket: caller, clocks, what is expected, the last notes, what comes next.

    Raises:
        NoSuchTicketError: there is no such ticket.
    """
    from sdcli.queues import Queues  # noqa: PLC0415 - only the pane pays for it

    ticket = desk.ledger.get(ref)
    seen = desk.see(ticket)
    return Detail(
        ref=ref,
        last=ticket.events[-1].id,
        lines=tuple(_lines(seen, tuple(Queues(desk).lacking(ticket)))),
    )


def whole(desk: Desk, ref: str, width: int) -> tuple[str, ...]:
    """Everything about one ticket, as `sdcli show` shows it in so many columns.

    Raises:
        NoSuchTicketError: there is no such ticket.
    """
    from sdcli.render.as_text import Screen, write  # noqa: PLC0415 - only who asks for it
    from sdcli.showing import shown  # noqa: PLC0415

    told = write(shown(desk, ref), Screen(width, colour=False))
    return (*told.out, "", *told.err)


def _lines(seen: Seen, lacking: tuple[str, ...]) -> Iterator[str]:
    from sdcli.render.hints import usual  # noqa: PLC0415 - as above
    from sdcli.render.history import entry  # noqa: PLC0415
    from sdcli.render.safe import line  # noqa: PLC0415
    from sdcli.render.words import clock, instant  # noqa: PLC0415

    ticket = seen.ticket
    opening = ticket.opening
    works = ticket.assignee or "nobody"
    handed = f", handed over by {ticket.handed_from}" if ticket.handed_from else ""
    waits = f" for {ticket.waiting_for}" if ticket.waiting_for else ""
    yield line(f"{ticket.ref}  {ticket.summary}")
    yield line(
        f"{ticket.priority} {ticket.type}, {ticket.service}; "
        f"{ticket.status.replace('_', ' ')}{waits} in {ticket.queue}{handed}; {works} works on it"
    )
    yield from (line(f"next: {step}") for step in usual(seen))
    if not ticket.is_closed:
        for target, face in seen.sla.items():
            if face.due:
                yield line(f"{target}: {clock(face, seen.now)}")
    yield from _expected(seen)
    if lacking:
        yield line(f"lacks: {', '.join(lacking)}")
    reach = ", ".join(filter(None, (opening.phone, opening.mail, opening.site)))
    yield line(f"caller: {ticket.requester}{f' ({reach})' if reach else ''}")
    for event in reversed(ticket.standing[-_NOTES:]):
        yield line(f"{instant(event.at)}  {event.by}: {entry(event)}")
    if opening.details:
        yield line(f"told: {opening.details}")
    for name, text in ticket.request.told().items():
        yield line(f"{name.replace('_', ' ')}: {text}")


def _expected(seen: Seen) -> Iterator[str]:
    """When the caller may expect it, and whether they know (R3d3.2)."""
    from sdcli.tickets.expectation import due, expectation  # noqa: PLC0415 - few tickets have any

    found = expectation(seen.ticket)
    if found is None:
        return
    from sdcli.render.words import instant  # noqa: PLC0415

    known = "the caller was told" if found.told else "the caller was not told"
    passed = ", and that has passed" if due(seen.ticket, seen.now) == "passed" else ""
    yield f"expected: by {instant(found.eta)}{passed}; {known}"
