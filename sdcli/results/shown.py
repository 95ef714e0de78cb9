"""Everything about one ticket: what it is, what happened to it, and what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.changes.planned import OutOfHours, Planned
    from sdcli.changes.request import RequestForChange
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.policy.teams import Technician
    from sdcli.results.tickets import Seen
    from sdcli.sla.backing import Backing
    from sdcli.sla.clock import Clock
    from sdcli.sla.register import Breach
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.incident import Tried as TriedOnce
    from sdcli.tickets.ticket import Ticket


class Shown(Struct, frozen=True):
    """Everything about one ticket; `answers` are the questions of its walk and what was said.

    `backing`: whose clock runs beside its own, of the queue and the supplier, and how it stands.
    `problems`: those that are behind it (R3d1.7). `actors`: who of the desk's teams acted on it, as
    catalog/teams.yaml has them today (R0.2). `lacking`: what its queue needs to know and nobody has
    said, with what each item means (R3d2.1a). `change`: its request for change (R3c3.3).
    `planned`: the outages that run now, and `out_of_hours`: that its service is not offered at
    this hour (R3d1.3). `hints`: what to do beside what usually comes next.
    `fulfilment`: how far that is (R3b.2). `others`: the tickets that its links name, and
    those that go on in it or in which it goes on, by reference (R7.3). `closes_at`: when it is
    closed by itself, if nobody says anything.
    """

    seen: Seen
    answers: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE
    time_box: TimeBox | None = None
    backing: Mapping[Backing, tuple[str, Clock]] = {}
    breaches: Sequence[Breach] = ()
    problems: Sequence[Ticket] = ()
    actors: Mapping[str, Technician] = {}
    lacking: Mapping[str, str] = {}
    change: RequestForChange | None = None
    planned: Sequence[Planned] = ()
    out_of_hours: OutOfHours | None = None
    hints: Sequence[str] = ()
    fulfilment: Fulfilment | None = None
    others: Mapping[str, Ticket] = {}
    closes_at: datetime | None = None


class History(Struct, frozen=True):
    """What happened to one ticket, in order; `undone` are the ids of what was taken back."""

    ref: str
    events: Sequence[AnyEvent]
    undone: Sequence[str] = ()
    exit_code: int = DONE


class TriedList(Struct, frozen=True):
    """Everything that was tried, asked or looked up on a ticket, in order (R3d1.4)."""

    ticket: Ticket
    rows: Sequence[TriedOnce]
    exit_code: int = DONE
