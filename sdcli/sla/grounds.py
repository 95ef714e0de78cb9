"""Why a clock goes by what it goes by: agreement, calendar, target and policy, each with its place.

Places are `file:line` of today's files. A ticket that is pinned to older service levels goes by
what the ledger keeps of them, which has no lines: its places are empty (T11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import LedgerDamagedError
from sdcli.policy.model import SLA_POLICIES
from sdcli.sla.agreed import TURNS, cover_at, cover_of
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.policy.agreements import OnReopen
    from sdcli.policy.calendars import Calendar
    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.model import Policy
    from sdcli.policy.scalars import Amount
    from sdcli.sla.agreed import CalendarWhy, Cover, Why
    from sdcli.sla.backing import Leg
    from sdcli.sla.clock import Clocks
    from sdcli.sla.runs import Target
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

Source: TypeAlias = Literal[
    "agreement", "default", "policy", "operational-level", "underpinning-contract"
]
"""Where something is said: in the agreement, in the table of all, or for the file as a whole."""


class CalendarGround(Struct, frozen=True, kw_only=True):
    """The calendar, and why it is this one; `known_until`, in seconds of UTC: how far its holidays go."""

    name: str
    why: CalendarWhy | Source
    zone: str
    place: str
    library: str
    known_until: int | None


class TargetGround(Struct, frozen=True, kw_only=True):
    """How much is granted, and who says so; `whose`: the queue or the supplier, if it is one's."""

    amount: Amount
    source: Source
    place: str
    whose: str = ""


class Grounds(Struct, frozen=True, kw_only=True):
    """What a clock goes by.

    Args:
        agreement: its id and `title`; `why` it applies; `rule`: the place of the coverage.
        on_reopen: what a reopening does, and who says so.
        policy: the hash that the ticket is pinned to, else that of today's service levels.
        pinned, is_today: whether it is pinned, and whether that is what the files say today.
    """

    priority: str
    service: str
    agreement: str
    title: str
    why: Why
    place: str
    rule: str
    calendar: CalendarGround
    target: TargetGround
    on_reopen: OnReopen
    on_reopen_source: Source
    policy: str
    pinned: bool
    is_today: bool
    file: str = SLA_POLICIES


class Turn(Struct, frozen=True, kw_only=True):
    """An event that brought the clock under other terms: what changed, by name, from what to what.

    `at` is in UTC; `entered`: when it was entered, if that was later.
    """

    event: str
    at: datetime
    by: str
    entered: datetime | None
    changes: dict[str, tuple[str, str]]
    amounts: tuple[Amount | None, Amount | None]


def grounds_of(ticket: Ticket, policy: Policy, clocks: Clocks, target: Target) -> Grounds:
    """What one of a ticket's own targets goes by; the target must be granted."""
    cover = cover_of(ticket)
    levels = clocks.book(cover.policy).levels
    held = clocks.held(cover)
    agreement = held.agreed.agreement
    own = agreement.targets.get(cover.priority)
    table = own or getattr(levels.targets, cover.priority)
    amount = getattr(table, target)
    if amount is None:  # what an agreement leaves out is as it is by default
        table = getattr(levels.targets, cover.priority)
        amount = getattr(table, target)
    source: Source = "agreement" if table is own else "default"
    granted = TargetGround(
        amount=amount, source=source, place=_line(table.place, table.lines.get(target))
    )
    calendar = _calendar(levels, clocks, cover, held.calendar, held.calendar_why)
    return _grounds(cover, policy, clocks, granted, calendar)


def grounds_of_leg(policy: Policy, clocks: Clocks, leg: Leg) -> Grounds:
    """What the clock of a queue or a supplier goes by."""
    cover = leg.cover
    levels = clocks.book(cover.policy).levels
    kind: Source = "operational-level"
    entry: object = levels.operational_levels.get(leg.whose)
    if leg.target == "underpinning":
        kind, entry = "underpinning-contract", levels.underpinning_contracts.get(leg.whose)
    place, own = getattr(entry, "place", ""), getattr(entry, "calendar", "")
    granted = TargetGround(amount=leg.amount, source=kind, place=place, whose=leg.whose)
    held = clocks.held(cover)
    name, why = (own, kind) if own else (held.calendar, held.calendar_why)
    calendar = _calendar(levels, clocks, cover, name, why)
    return _grounds(cover, policy, clocks, granted, calendar)


def _grounds(
    cover: Cover, policy: Policy, clocks: Clocks, target: TargetGround, calendar: CalendarGround
) -> Grounds:
    levels, agreed = clocks.book(cover.policy).levels, clocks.held(cover).agreed
    own = agreed.agreement.on_reopen
    return Grounds(
        priority=cover.priority,
        service=cover.service,
        agreement=agreed.name,
        title=agreed.agreement.name,
        why=agreed.why,
        place=agreed.agreement.place,
        rule=agreed.place,
        calendar=calendar,
        target=target,
        on_reopen=own or levels.on_reopen,
        on_reopen_source="agreement" if own else "policy",
        policy=cover.policy or policy.levels_hash,
        pinned=bool(cover.policy),
        is_today=cover.policy in ("", policy.levels_hash),
    )


def _calendar(
    levels: ServiceLevels, clocks: Clocks, cover: Cover, name: str, why: CalendarWhy | Source
) -> CalendarGround:
    calendar: Calendar = levels.calendars[name]
    return CalendarGround(
        name=name,
        why=why,
        zone=calendar.zone,
        place=calendar.place,
        library=next((each.library for each in calendar.public_holidays), ""),
        known_until=clocks.book(cover.policy).working_time(name).known_until,
    )


def _line(place: str, line: int | None) -> str:
    """The place of a key, by that of the entry which it stands in."""
    return f"{place.rpartition(':')[0]}:{line}" if place and line else place


def turns_of(ticket: Ticket, policy: Policy, clocks: Clocks, target: Target) -> tuple[Turn, ...]:
    """The events that changed what a target goes by, in order (T10)."""
    found: list[Turn] = []
    cover = cover_at(ticket.opening)
    before, amount = _terms(cover, policy, clocks, target)
    for event in ticket.standing:
        if type(event) not in TURNS:
            continue
        cover = cover.after(event)
        after, granted = _terms(cover, policy, clocks, target)
        changes = {
            name: (before[name], after[name]) for name in after if before[name] != after[name]
        }
        if changes or granted != amount:
            found.append(_turn(event, changes, (amount, granted)))
        before, amount = after, granted
    return tuple(found)


def _turn(
    event: AnyEvent,
    changes: dict[str, tuple[str, str]],
    amounts: tuple[Amount | None, Amount | None],
) -> Turn:
    return Turn(
        event=event.id,
        at=event.at,
        by=event.by,
        entered=event.entered,
        changes=changes,
        amounts=amounts,
    )


def _terms(
    cover: Cover, policy: Policy, clocks: Clocks, target: Target
) -> tuple[dict[str, str], Amount | None]:
    """What a target goes by under a cover, and how much it grants.

    Of service levels that are gone only their hash is known.
    """
    told = {
        "priority": cover.priority,
        "service": cover.service,
        "policy": cover.policy or policy.levels_hash,
        "agreement": UNKNOWN,
        "calendar": UNKNOWN,
    }
    try:
        held = clocks.held(cover)
    except LedgerDamagedError:
        return told, None
    told |= {"agreement": held.agreed.name, "calendar": held.calendar}
    goals = (goal.amount for goal in clocks.terms(cover).goals if goal.target == target)
    return told, next(goals, None)
