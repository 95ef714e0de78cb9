"""The calls that planned outages and changes brought, and whether callers could have known (R3d1.3).

A call counts when it was opened. It was announced if a bulletin that concerns its service stood
then, or in the seven days before: so it can be judged how well the desk had told of what it planned.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.insight.counts import Count, Tally
from sdcli.insight.filtered import within
from sdcli.intake.before import concerns
from sdcli.tickets.contact import Bulletin  # noqa: TC001 - msgspec reads the annotations
from sdcli.tickets.event import Announced, Closed, Merged, Voided, Withdrawn
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.policy.model import Schedule
    from sdcli.tickets.ticket import Ticket


BULLETIN_DAYS = 7
"""A bulletin so long before a call is one that the caller may have seen."""


class Calls(Struct, frozen=True, kw_only=True):
    """The calls that one planned outage or change brought.

    Args:
        outage: its name, `unknown` if nobody said it; `summary`: empty if it has left the schedule.
        announced: calls after a bulletin; `unannounced`: calls without one; together the `calls`.
        minutes: the effort that they cost.
    """

    outage: str
    summary: str
    calls: Count
    announced: Count
    unannounced: Count
    minutes: int


class OutagesReport(Struct, frozen=True, kw_only=True):
    """What planned outages and changes brought in a period, the most calls first."""

    since: datetime | None
    until: datetime | None
    calls: Count
    announced: Count
    outages: tuple[Calls, ...]


class Stood(NamedTuple):
    """A bulletin, from when until when; `end` is None while it stands."""

    bulletin: Bulletin
    start: datetime
    end: datetime | None


class _Group:
    """What is counted of one outage."""

    def __init__(self) -> None:
        self.calls, self.announced, self.unannounced = Tally(), Tally(), Tally()
        self.minutes = 0

    def add(self, ticket: Ticket, *, announced: bool) -> None:
        """Count one more call."""
        self.calls.add(ticket.ref)
        (self.announced if announced else self.unannounced).add(ticket.ref)
        self.minutes += ticket.minutes


def outages(
    tickets: Iterable[Ticket],
    schedule: Schedule,
    *,
    since: datetime | None,
    until: datetime | None,
    only: Callable[[Ticket], bool] | None = None,
) -> OutagesReport:
    """The calls from `since` on and before `until` that were closed as a planned outage.

    Among the tickets must be all those with a bulletin that stood in the period. `only`: which
    calls count; all if it is None.
    """
    stood: list[Stood] = []
    calls: list[tuple[str, Ticket]] = []
    for ticket in tickets:
        stood += bulletins_of(ticket)
        name = came_from(ticket)
        counts = only is None or only(ticket)
        if name and counts and within(ticket.opened_at, since, until):
            calls.append((name, ticket))
    every, known, groups = Tally(), Tally(), dict[str, _Group]()
    for name, ticket in sorted(calls, key=lambda each: (len(each[1].ref), each[1].ref)):
        told = any(
            announced(each, ticket.service, ticket.opening.site, ticket.opened_at) for each in stood
        )
        every.add(ticket.ref)
        if told:
            known.add(ticket.ref)
        groups.setdefault(name, _Group()).add(ticket, announced=told)
    rows = (
        Calls(
            outage=name,
            summary=_summary(schedule, name),
            calls=group.calls.done(),
            announced=group.announced.done(),
            unannounced=group.unannounced.done(),
            minutes=group.minutes,
        )
        for name, group in groups.items()
    )
    return OutagesReport(
        since=since,
        until=until,
        calls=every.done(),
        announced=known.done(),
        outages=tuple(sorted(rows, key=lambda each: (-each.calls.count, each.outage))),
    )


def came_from(ticket: Ticket) -> str:
    """What a closed call came from; empty if it is none, or did not come from anything planned."""
    if not ticket.is_closed or ticket.code != PLANNED_OUTAGE or ticket.opening.outage:
        return ""
    closed = (each for each in reversed(ticket.standing) if isinstance(each, Closed))
    last = next(closed, None)
    return (last.outage if last else "") or UNKNOWN


def bulletins_of(ticket: Ticket) -> Iterator[Stood]:
    """Each bulletin of a ticket as it stood, from one word in it to the next."""
    last: Announced | None = None
    for event in ticket.standing:
        if isinstance(event, Announced | Withdrawn | Merged | Voided):
            if last is not None:
                yield Stood(last.bulletin, last.at, event.at)
            last = event if isinstance(event, Announced) else None
    if last is not None:
        yield Stood(last.bulletin, last.at, None)


def announced(stood: Stood, service: str, site: str, opened: datetime) -> bool:
    """Whether whoever called may have known: a bulletin about it stood then, or shortly before."""
    since = opened - timedelta(days=BULLETIN_DAYS)
    was_there = stood.start <= opened and (stood.end is None or stood.end > since)
    return was_there and concerns(stood.bulletin, service, site)


def _summary(schedule: Schedule, name: str) -> str:
    found = schedule.outages.get(name) or schedule.changes.get(name)
    return found.summary if found else ""
