"""The shifts of a rotation: whose turn it is, from which hand-over to the next (R5b.2).

Turns are counted in local calendar days, so the hand-over stays where it is when clocks change; its
instant follows the rule of `policy.local`. Of two hand-overs at the same instant, which a
missing date makes, the later counts: that turn has no time of its own. Instants are in seconds of
UTC.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.calendars import Calendar
from sdcli.policy.local import day_of, instant_of
from sdcli.sla.calendar import WorkingTime

if TYPE_CHECKING:
    from sdcli.policy.calendars import Week
    from sdcli.policy.model import Policy
    from sdcli.policy.scalars import Zone
    from sdcli.policy.teams import Rotation

_CALENDARS = 128
"""How many calendars are remembered: more than a desk has."""


class Shift(NamedTuple):
    """A turn of a rotation: `start <= t < end`; `order` has its members, whose turn it is first."""

    start: int
    end: int
    order: tuple[str, ...]


def shift_at(rotation: Rotation, at: int) -> Shift | None:
    """The turn at an instant; None before the first one begins."""
    first = date.fromisoformat(rotation.starts).toordinal()
    turn = (day_of(at, rotation.zone) - first) // rotation.every
    # The next one may have begun already where clocks went back across midnight.
    if _handover(rotation, first, turn + 1) <= at:
        turn += 1
    # A hand-over may be later today, or tomorrow where a date is missing.
    while _handover(rotation, first, turn) > at and turn >= 0:
        turn -= 1
    if turn < 0:
        return None
    index = turn % len(rotation.members)
    order = (*rotation.members[index:], *rotation.members[:index])
    start, end = (_handover(rotation, first, each) for each in (turn, turn + 1))
    return Shift(start, end, order)


def first_shift(rotation: Rotation) -> int:
    """When the first turn begins."""
    return _handover(rotation, date.fromisoformat(rotation.starts).toordinal(), 0)


def _handover(rotation: Rotation, first: int, turn: int) -> int:
    return instant_of(first + turn * rotation.every, rotation.at, rotation.zone)


def hours_of(policy: Policy, rotation: Rotation) -> Calendar | None:
    """The hours of a rotation as a calendar; None if it goes round the clock."""
    if isinstance(rotation.hours, str):
        return policy.sla.calendars.get(rotation.hours)
    return _round_the_week(rotation.zone, rotation.hours)


@lru_cache(_CALENDARS)
def _round_the_week(zone: Zone, hours: Week) -> Calendar:
    return Calendar(zone=zone, hours=hours)


class _Itself:
    """A calendar that is told from any other by being itself: what is in it has no hash."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.calendar is self.calendar

    def __hash__(self) -> int:
        return id(self.calendar)


@lru_cache(_CALENDARS)
def _time_of(known: _Itself) -> WorkingTime:
    """The working time of a calendar, summed up once for all that ask (many alerts in a row)."""
    return WorkingTime(known.calendar)


def is_open(calendar: Calendar, at: int) -> bool:
    """Whether an instant is within the hours of a calendar."""
    return _time_of(_Itself(calendar)).between(at, at + 1) > 0


def next_turn(time: WorkingTime, at: int, limit: int) -> int:
    """The first instant after `at` at which a calendar opens or closes; `limit` if that is later."""
    if time.between(at, limit + 1) == 0:  # it may never open again
        return limit
    if time.between(at, at + 1) == 0:
        return min(time.after(at, 1) - 1, limit)
    is_open_, closed = at + 1, limit + 1
    while closed - is_open_ > 1:
        middle = (is_open_ + closed) // 2
        if time.between(at, middle) == middle - at:
            is_open_ = middle
        else:
            closed = middle
    return is_open_
