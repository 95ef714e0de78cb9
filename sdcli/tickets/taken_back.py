"""What is taken back: events that stay on record and count no longer.

Nothing is ever deleted. An `Undone` names events, and the ticket is folded without them; what
undoes an `Undone` brings them back. A ticket that should never have been is void.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.tickets.base import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.tickets.ticket import Ticket


class Undone(Event, frozen=True, tag="undone", kw_only=True):
    """These events count no longer, as if they had never been.

    Args:
        undoes: their ids; that of an `Undone` brings back what it took away.
        reason: why.
    """

    undoes: tuple[str, ...]
    reason: str = ""


class Voided(Event, frozen=True, tag="voided", kw_only=True):
    """The ticket should never have been: it is in no list, and nothing finds it but its reference.

    It is how an opening or an import is taken back, since references are never used again.
    """

    reason: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Void, and over; what it was imported from can be imported again."""
        return replace(ticket, void=True, source="", news=False, notices=(), bulletin=None)


def gone(events: Iterable[Event]) -> tuple[str, ...]:
    """The ids of the events that count no longer, in their order.

    What undoes an `Undone` brings back what that took away, so they are read from the newest on.
    """
    every = tuple(events)
    if not any(type(event) is Undone for event in every):
        return ()
    named: set[str] = set()
    for event in reversed(every):
        if type(event) is Undone and event.id not in named:
            named.update(event.undoes)
    return tuple(event.id for event in every[1:] if event.id in named)
