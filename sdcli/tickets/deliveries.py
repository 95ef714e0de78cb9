"""What of a ticket's alerts did not reach somebody, by the last attempt for each (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets.event import Delivered

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket


def failed(ticket: Ticket) -> list[Delivered]:
    """The last attempt of everything that failed and has not arrived since, the oldest first.

    What was given up on a closed ticket is nobody's business any more.
    """
    entries = {*ticket.undelivered, *(() if ticket.is_closed else ticket.given_up)}
    if not entries:
        return []
    last: dict[str, Delivered] = {}
    for event in ticket.standing:
        if type(event) is Delivered:
            last[f"{event.alert} {event.route} {event.to}"] = event
    return [event for entry, event in last.items() if entry in entries]
