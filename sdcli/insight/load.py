"""How much lies in each queue, and with each person (R3d2.1c, R6.5).

Each ticket is looked at once. Minutes are those that were booked in a period: by whom, and in the
queue in which the ticket lay then.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from sdcli.sla.colour import COLOURS, Colour
from sdcli.tickets.event import Assigned, Escalated, Opened, Returned
from sdcli.tickets.hand_over import ping_pong
from sdcli.tickets.words import PRIORITIES, Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

AT_WORK = ("new", "in_progress", "waiting")
"""The states in which a ticket is somebody's work; a resolved one waits for its caller."""


class Faced(NamedTuple):
    """A ticket with how pressing its clocks are.

    `overstayed`: its tier has tried for longer than it may (R2c.2b).
    """

    ticket: Ticket
    colour: Colour
    overstayed: bool


class QueueLoad(Struct, kw_only=True):
    """What lies in a queue.

    Args:
        tier: None if the queue has left the desk's files.
        open: tickets that are not resolved; `waiting`: those of them that wait for somebody else.
        not_accepted: handed over, and not accepted yet; `unassigned`: with nobody on it.
        oldest_at: when the oldest of the open ones was opened, in UTC.
        colours: how many of the open ones stand how; `overstayed`: how many a tier has for too long.
        ping_pong: how often the open ones came back to a queue that they had been in (R3d2.1a).
        resolved: how many wait for the caller's confirmation.
        minutes: what was booked in it.
    """

    queue: str
    name: str = ""
    tier: int | None = None
    focus: str = ""
    lead: str = ""
    open: int = 0
    waiting: int = 0
    not_accepted: int = 0
    unassigned: int = 0
    oldest_at: datetime | None = None
    colours: dict[Colour, int] = field(default_factory=lambda: dict.fromkeys(COLOURS, 0))
    priorities: dict[Priority, int] = field(default_factory=lambda: dict.fromkeys(PRIORITIES, 0))
    overstayed: int = 0
    ping_pong: int = 0
    resolved: int = 0
    minutes: int = 0

    def take(self, faced: Faced) -> None:
        """Count a ticket that lies in it."""
        ticket = faced.ticket
        if ticket.status == "resolved":
            self.resolved += 1
        if ticket.status not in AT_WORK:
            return
        self.open += 1
        self.waiting += ticket.status == "waiting"
        self.not_accepted += bool(ticket.handed_from)
        self.unassigned += ticket.assignee is None
        self.oldest_at = min(self.oldest_at or ticket.opened_at, ticket.opened_at)
        self.colours[faced.colour] += 1
        self.priorities[ticket.priority] += 1
        self.overstayed += faced.overstayed
        self.ping_pong += ping_pong(ticket)


class PersonLoad(Struct, kw_only=True):
    """What somebody has to do.

    Args:
        name: empty if no team has them; then `roles`, `queues` and `level` say nothing.
        minutes: what they booked in the period, on whatever ticket.
        away: why they are not there today, and `until` when in UTC; empty if they are.
    """

    person: str
    name: str = ""
    roles: tuple[str, ...] = ()
    level: int = 0
    queues: tuple[str, ...] = ()
    open: int = 0
    waiting: int = 0
    priorities: dict[Priority, int] = field(default_factory=lambda: dict.fromkeys(PRIORITIES, 0))
    near: int = 0
    breached: int = 0
    minutes: int = 0
    away: str = ""
    until: datetime | None = None

    def take(self, faced: Faced) -> None:
        """Count a ticket that they have."""
        ticket = faced.ticket
        if ticket.status not in AT_WORK:
            return
        self.open += 1
        self.waiting += ticket.status == "waiting"
        self.priorities[ticket.priority] += 1
        self.near += faced.colour == "near"
        self.breached += faced.colour == "breached"


class Load:
    """Counts tickets, one after the other.

    Args:
        policy: the desk's files, whose queues and people are told even if they have nothing.
        since: from when on minutes are counted, in UTC.
    """

    def __init__(self, policy: Policy, since: datetime | None = None) -> None:
        teams = policy.teams
        self._since = since
        self._queues = {
            name: QueueLoad(
                queue=name, name=each.name, tier=each.tier, focus=each.focus, lead=each.lead
            )
            for name, each in teams.queues.items()
        }
        self._people = {
            person: PersonLoad(
                person=person,
                name=each.name,
                roles=each.roles,
                level=each.level,
                queues=tuple(
                    name for name, queue in teams.queues.items() if person in queue.members
                ),
            )
            for person, each in teams.technicians.items()
        }

    def take(self, faced: Faced) -> None:
        """Count a ticket where it lies, and with whom; what was booked on it, where and by whom."""
        ticket = faced.ticket
        self._queue(ticket.queue).take(faced)
        if ticket.assignee:
            self._person(ticket.assignee).take(faced)
        for person, queue, minutes in booked(ticket, self._since) if self._since else ():
            self._person(person).minutes += minutes
            self._queue(queue).minutes += minutes

    def _queue(self, name: str) -> QueueLoad:
        return self._queues.setdefault(name, QueueLoad(queue=name))

    def _person(self, name: str) -> PersonLoad:
        return self._people.setdefault(name, PersonLoad(person=name))

    @property
    def queues(self) -> list[QueueLoad]:
        """The queues by tier, in the order of the file; those that have left it last."""
        return sorted(self._queues.values(), key=lambda row: row.tier or 9)

    @property
    def people(self) -> list[PersonLoad]:
        """Everybody, whoever has most to do first; those of no team are among them."""
        return sorted(self._people.values(), key=lambda row: (-row.open, -row.minutes, row.person))


def booked(ticket: Ticket, since: datetime) -> Iterator[tuple[str, str, int]]:
    """Who booked minutes on a ticket from an instant on, in which queue, and how many."""
    queue = ""
    for event in ticket.standing:
        if isinstance(event, Opened | Assigned):
            queue = event.queue
        elif isinstance(event, Escalated | Returned):
            queue = event.to
        minutes = getattr(event, "minutes", 0)
        if minutes and event.at >= since:
            yield event.by, queue, minutes
