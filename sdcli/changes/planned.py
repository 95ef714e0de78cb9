"""Was it planned: outages and changes of the schedule, and the hours of a service (R3d1.3, R0.4).

What somebody calls about may be no failure at all: the service is in a planned outage, it is not
offered at this hour, or the caller is just being moved.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import NoSuchEntryError, RefusedError, listed
from sdcli.policy.model import SCHEDULE
from sdcli.sla.calendar import WorkingTime
from sdcli.tickets.event import instant
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN
from sdcli.triage.changes import about, recent

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

_AHEAD_S = 31 * 24 * 3600


class Planned(Struct, frozen=True, kw_only=True):
    """A planned outage, or a change made for the caller, that a ticket may come from.

    Args:
        id: its key in the schedule; `place`: its file and line.
        start: when it began; `end`: when it ends, None of a change; both in UTC.
        touches: how it touches the request, in a phrase.
    """

    id: str
    summary: str
    start: datetime
    end: datetime | None
    touches: str
    place: str = ""


class OutOfHours(Struct, frozen=True):
    """That a service is not offered at this hour; `until`: when it is again, in UTC, if known."""

    service: str
    calendar: str
    until: datetime | None


def running(policy: Policy, ticket: Ticket, at: datetime) -> list[Planned]:
    """The planned outages that touch a ticket and run at an instant, in UTC."""
    found = recent(policy, about(ticket), at)
    outages = policy.schedule.outages
    return [
        Planned(
            id=each.id,
            summary=each.summary,
            start=each.at,
            end=instant(outages[each.id].end),
            touches=each.touches,
            place=each.place,
        )
        for each in found
        if each.id in outages
        and each.place == outages[each.id].place
        and each.at <= at < instant(outages[each.id].end)
    ]


def made_for_them(policy: Policy, ticket: Ticket, at: datetime) -> list[Planned]:
    """The recent changes that were made for just this caller: a move, a migration."""
    return [
        Planned(
            id=each.id,
            summary=each.summary,
            start=each.at,
            end=None,
            touches=each.touches,
            place=each.place,
        )
        for each in recent(policy, about(ticket), at)
        if each.is_theirs
    ]


def fitting(policy: Policy, ticket: Ticket, now: datetime) -> list[Planned]:
    """What a ticket may come from: what ran when it was opened, else now, else was made for them."""
    opened = ticket.opened_at
    return (
        running(policy, ticket, opened)
        or running(policy, ticket, now)
        or made_for_them(policy, ticket, opened)
    )


def out_of_hours(policy: Policy, ticket: Ticket, at: datetime) -> OutOfHours | None:
    """That the service of a ticket is not offered at an instant; None if it is, or nobody knows."""
    service = policy.service(ticket.service)
    calendar = policy.sla.calendars.get(service.hours) if service else None
    if service is None or calendar is None:
        return None
    start = int(at.timestamp())
    first, *rest = WorkingTime(calendar, service.hours).parts(start, start + _AHEAD_S)
    if first.kind == "working":
        return None
    opens = next((each.start for each in rest if each.kind == "working"), None)
    until = datetime.fromtimestamp(opens, timezone.utc) if opens is not None else None
    return OutOfHours(ticket.service, service.hours, until)


def came_from(policy: Policy, ticket: Ticket, code: str | None, given: str, now: datetime) -> str:
    """What a ticket that is being closed came from; empty if it is no planned outage.

    `code`: the closure code that is named; see `outage_for` for `given` and what it raises.
    """
    if ticket.is_closed or ticket.is_problem:
        return ""  # it cannot be closed at all
    decided = code or ticket.code
    if decided == PLANNED_OUTAGE:
        return outage_for(policy, ticket, given, now)
    if given:
        raise RefusedError(
            f"--outage goes with --code {PLANNED_OUTAGE}, and {ticket.ref} is to be closed as "
            f"{decided or UNKNOWN}.",
            ref=ticket.ref,
            code=decided,
        )
    return ""


def outage_for(policy: Policy, ticket: Ticket, given: str, now: datetime) -> str:
    """The outage or change of the schedule that a ticket came from, for its closing.

    `given`: its name, or `unknown`; without it, the only one that fits.

    Raises:
        NoSuchEntryError: the schedule does not hold it.
        RefusedError: none fits, or several do.
    """
    schedule = policy.schedule
    known = {name.casefold(): name for name in (*schedule.outages, *schedule.changes, UNKNOWN)}
    if given:
        if given.casefold() not in known:
            names = [*schedule.outages, *schedule.changes]
            raise NoSuchEntryError("planned outage or change", given, names, SCHEDULE)
        return known[given.casefold()]
    found = fitting(policy, ticket, now)
    if len(found) == 1:
        return found[0].id
    if found:
        raise RefusedError(
            f"{ticket.ref} may come from {listed(each.id for each in found)}: --outage NAME says "
            "which.",
            ref=ticket.ref,
            outages=[each.id for each in found],
        )
    near = [each.id for each in recent(policy, about(ticket), ticket.opened_at)]
    told = f" Near it: {listed(near)}." if near else ""
    raise RefusedError(
        f"{ticket.ref} does not fit any planned outage of {SCHEDULE}.{told} --outage NAME names one "
        f"or a change, --outage {UNKNOWN} one that the schedule lacks; else close it with another "
        "code.",
        ref=ticket.ref,
        outages=near,
    )


def doubts(policy: Policy, ticket: Ticket, outage: str, now: datetime) -> list[str]:
    """What speaks against a ticket having come from an outage that was named, in sentences."""
    if not outage or outage == UNKNOWN:
        return []
    told = []
    if ticket.type not in ("incident", UNKNOWN):
        told.append(f"{ticket.ref} is of type {ticket.type}: nothing failed that was planned.")
    if outage not in [each.id for each in fitting(policy, ticket, now)]:
        about_ = "" if ticket.service == UNKNOWN else f" ({ticket.service})"
        told.append(
            f"By {SCHEDULE} {outage} does not touch {ticket.ref}{about_}; it is recorded as said."
        )
    return told


def to_be_named(policy: Policy, ticket: Ticket, now: datetime) -> list[str]:
    """That closing will ask which planned outage a resolved ticket came from, in a sentence."""
    if ticket.code != PLANNED_OUTAGE or len(fitting(policy, ticket, now)) == 1:
        return []
    told = (
        f"Which planned outage it came from {SCHEDULE} does not tell: closing it asks for --outage "
        f"NAME, and by policy it is closed as {UNKNOWN}."
    )
    return [told]


def _may_be(ticket: Ticket) -> bool:
    """Whether what was planned may explain a ticket: it is a failure, as far as anybody knows."""
    is_failure = ticket.type in ("incident", UNKNOWN) and not ticket.is_problem
    return is_failure and ticket.status not in ("resolved", "closed") and not ticket.opening.outage


def running_for(policy: Policy, ticket: Ticket, now: datetime) -> list[Planned]:
    """The planned outages that run now and may explain an incident that is not over."""
    return running(policy, ticket, now) if _may_be(ticket) else []


def hours_for(policy: Policy, ticket: Ticket, now: datetime) -> OutOfHours | None:
    """That the service of an incident that is not over is not offered at this hour."""
    return out_of_hours(policy, ticket, now) if _may_be(ticket) else None


def remarks(policy: Policy, ticket: Ticket, now: datetime) -> list[str]:
    """What was planned and may explain an incident that is not over, in sentences."""
    told = [
        f"It was planned: {each.id} ({each.summary}) runs until {each.end:%Y-%m-%d %H:%M} UTC, and "
        f"{each.touches.partition(_RUNS)[0]} ({each.place})."
        for each in running_for(policy, ticket, now)
        if each.end
    ]
    closed = hours_for(policy, ticket, now)
    again = f" until {closed.until:%Y-%m-%d %H:%M} UTC" if closed and closed.until else ""
    said = f"{closed.service} is outside its hours{again} ({closed.calendar})." if closed else ""
    return [*told, *([said] if said else ())]


def hints(policy: Policy, ticket: Ticket, now: datetime) -> list[str]:
    """How to close an incident that is nothing but a planned outage."""
    return [
        f"Next: sdcli close {ticket.ref} --code {PLANNED_OUTAGE} --outage {each.id} --confirmed-by "
        "PERSON --via phone   # if it is nothing else"
        for each in running_for(policy, ticket, now)
    ]


_RUNS = ", and it is running now"
"""What `triage.changes` says of an outage that is not over."""
