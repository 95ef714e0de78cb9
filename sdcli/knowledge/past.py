"""Past tickets as a search shows them: what they were about, and how they ended (R3d1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.knowledge.search import Past
from sdcli.tickets.event import Closed, Resolved

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

SOLVED = frozenset(["solved", "workaround", "answered", "fulfilled", "third-party", "user-error"])
"""Closure codes of tickets from which something can be learned for another one."""


def past(ticket: Ticket) -> Past | None:
    """A ticket as it is searched; None if it is open or ended without use for another one."""
    if not ticket.is_closed or ticket.key or ticket.code not in SOLVED:
        return None
    note = next(
        (
            event.note
            for event in reversed(ticket.standing)
            if isinstance(event, (Closed, Resolved)) and event.note
        ),
        "",
    )
    return Past(ticket.ref, ticket.type, ticket.summary, details_of(ticket), note)


def details_of(ticket: Ticket) -> str:
    """What was said of a request beside its summary."""
    return "\n".join((ticket.opening.details, *ticket.request.told().values()))
