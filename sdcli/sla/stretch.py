"""A ticket in stretches: in one queue, under one agreement and priority.

What is due in a stretch depends on nothing that changes within it. `sla-check` cuts every open
ticket into stretches each time it runs, so each event is looked at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.sla.agreed import cover_at
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.event import (
    Accepted,
    Assigned,
    Classified,
    Escalated,
    Returned,
    SlaReapplied,
    SupportDecided,
    Validated,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.sla.agreed import Cover
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

_TURNS = frozenset(
    (Classified, SlaReapplied, SupportDecided, Validated, Assigned, Escalated, Returned)
)


class Stretch(Struct, frozen=True):
    """A part of a ticket's life in which nothing changes what is granted to it.

    `entry` is the event that brought the ticket into the `queue`; the stretch ends at `until`, in
    seconds of UTC, after so many `events`.
    """

    cover: Cover
    queue: str
    entry: AnyEvent
    until: int
    events: int


def stretches(ticket: Ticket, now: int) -> list[Stretch]:
    """The stretches of a ticket in order, up to `now` in seconds of UTC; at least one."""
    events, opening = ticket.standing, ticket.opening
    cover, queue, entry = cover_at(opening), opening.queue, events[0]
    found: list[Stretch] = []
    for index, event in enumerate(events):
        kind = type(event)
        if kind not in _TURNS:
            continue
        after, to = cover, queue
        # By class: `isinstance` would ask the metaclass about each event of each ticket.
        if kind is Assigned:
            to = event.queue  # type: ignore[union-attr]
        elif kind is Escalated or kind is Returned:
            to = event.to  # type: ignore[union-attr, assignment]
        else:
            after = cover.after(event)
        if after is not cover or to != queue:
            until = utc_seconds(event.at)
            found.append(Stretch(cover, queue, entry, min(now, until), index))
            if to != queue:
                queue, entry = to, event
            cover = after
    found.append(Stretch(cover, queue, entry, now, len(events)))
    return found


def nobody_from(events: Sequence[AnyEvent], at: int) -> int | None:
    """The first instant from `at` on, in seconds of UTC, at which nobody has the ticket.

    None if somebody has it from then on.
    """
    free: int | None = 0
    for event in events:
        kind, when = type(event), utc_seconds(event.at)
        if when > at and free is not None:
            break
        if kind is Accepted or (kind is Assigned and event.to):  # type: ignore[union-attr]
            free = None
        elif kind is Escalated or kind is Returned or kind is Assigned:
            free = when
    return None if free is None else max(free, at)
