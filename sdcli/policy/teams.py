"""Who works on requests, and who is on duty when: `catalog/teams.yaml`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct, field

from sdcli.policy.calendars import Week
from sdcli.policy.scalars import Day, Mail, Moment, TimeOfDay, Turn, Zone

_NINE = TimeOfDay(9 * 60)


class Queue(Struct, frozen=True, kw_only=True):
    """A team's queue: its tier, its focus and who works in it (R3d2.1c).

    Who is on call there is one person (`on_call`), or whose turn it is in a `rotation`, or in the
    first of several `rotations` that has somebody available (R5b.2).

    Args:
        alternate: who stands in where whoever works on a request has no alternate.
        needs: what the team must know before it can begin: the checklist of a hand-over (R3d2.1).
    """

    name: str
    tier: Literal[1, 2, 3]
    focus: str
    members: tuple[str, ...]
    lead: str
    on_call: str = ""
    rotation: str = ""
    rotations: tuple[str, ...] = ()
    alternate: str = ""
    needs: dict[str, str] = {}
    place: str = ""
    lines: dict[str, int] = {}

    @property
    def layers(self) -> tuple[str, ...]:
        """The rotations in which somebody is on call for the queue, in the order of asking."""
        return (self.rotation,) if self.rotation else self.rotations

    @property
    def has_on_call(self) -> bool:
        """Whether somebody is ever on call for it."""
        return bool(self.on_call or self.layers)


Role: TypeAlias = Literal[
    "csr",
    "resolver",
    "incident-coordinator",
    "problem-analyst",
    "problem-manager",
    "cs-manager",
]


Authority: TypeAlias = Literal[
    "override-unsupported", "shut-down-unsupported", "approve-closure", "approve-change"
]
"""What a technician may decide (R2b.2, R3c2.2)."""


HIGHEST_LEVEL = 7
"""The highest level of responsibility that SFIA has (R6.1-R6.6)."""


class Technician(Struct, frozen=True, kw_only=True):
    """Somebody who works on requests, with MOF's roles (R0.2).

    Args:
        level: their level of responsibility in SFIA, from 1 to 7; 0 if nobody said (R6.1-R6.6).
        alternate: who stands in while they are not available (R5b.2).
        working_hours: a calendar; they are available only while it is open.
        zone: where their days are, if that is not the desk's.
    """

    name: str
    mail: Mail
    roles: tuple[Role, ...]
    level: int = 0
    phone: str = ""
    authority: tuple[Authority, ...] = ()
    alternate: str = ""
    working_hours: str = ""
    zone: Zone = Zone("")
    place: str = ""
    lines: dict[str, int] = {}


class Desk(Struct, frozen=True, kw_only=True):
    """The service desk itself: where requests start and who answers for it (R3d2.1b).

    Args:
        duty_managers: the rotation, or several, of those who answer for it in turn; where none
            of them is on duty, the `manager` does (R5b.2).
    """

    queue: str
    manager: str
    duty_managers: tuple[str, ...] | str = ()
    place: str = ""
    lines: dict[str, int] = {}

    @property
    def layers(self) -> tuple[str, ...]:
        """The rotations of duty managers, in the order of asking."""
        given = self.duty_managers
        return (given,) if isinstance(given, str) else given


class Rotation(Struct, frozen=True, kw_only=True):
    """People who are on call in turn (R5b.2).

    A turn lasts `every` so many local calendar days from `starts` on, so that a change of clocks
    does not move the hand-over at `at`.

    Args:
        members: in the order of their turns; `starts`: when the first of them begins.
        hours: a calendar's name, or the hours of each weekday in the rotation's own zone; outside
            them nobody of this rotation is on call.
    """

    zone: Zone
    members: tuple[str, ...]
    starts: Day
    every: Turn
    at: TimeOfDay = _NINE
    hours: Week | str = ""
    place: str
    lines: dict[str, int] = {}


class Absence(Struct, frozen=True, kw_only=True):
    """Somebody who is not there; days and local times are those of their own zone (R5b.2).

    Args:
        alternate: who stands in this time, in shifts too.
    """

    who: str
    from_: Moment = field(name="from")
    to: Moment
    reason: str
    alternate: str = ""
    place: str


class Override(Struct, frozen=True, kw_only=True):
    """Somebody who takes the shifts of a rotation from one moment to another (R5b.2).

    Days and local times are those of the rotation's zone.
    """

    rotation: str
    who: str
    from_: Moment = field(name="from")
    to: Moment
    place: str


class Teams(Struct, frozen=True, kw_only=True):
    """`catalog/teams.yaml`."""

    format: Literal[1]
    desk: Desk
    queues: dict[str, Queue]
    technicians: dict[str, Technician]
    rotations: dict[str, Rotation] = {}
    absences: tuple[Absence, ...] = ()
    overrides: tuple[Override, ...] = ()

    def zone_of(self, person: str, desk: str) -> str:
        """The zone in which somebody's days are: their own, else that of the `desk`."""
        known = self.technicians.get(person)
        return (known.zone if known else "") or desk
