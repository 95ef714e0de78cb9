"""Who resolved a request first, when, and in which queue it lay then."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.tickets.event import Assigned, Closed, Escalated, Resolved, Returned

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket


class FirstResolution(Struct, frozen=True):
    """The first time that a request was resolved, or closed at once: who did it, and where it lay."""

    at: datetime
    person: str
    queue: str


def first_resolution(ticket: Ticket) -> FirstResolution | None:
    """The first resolution that counts; None if there was none, as of what was merged."""
    queue = ticket.opening.queue
    for event in ticket.standing:
        if isinstance(event, Resolved | Closed):
            return FirstResolution(event.at, event.by, queue)
        if isinstance(event, Assigned):
            queue = event.queue
        elif isinstance(event, Escalated | Returned):
            queue = event.to
    return None
