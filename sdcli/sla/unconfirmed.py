"""When a resolved request that nobody confirms is closed by itself, by the desk's rules.

The period is working time of the calendar by which its own clocks run. It begins anew with every
word between the desk and the caller, and stands still while an answer waits to be seen (T23).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.sla.agreed import cover_of
from sdcli.sla.runs import utc_seconds
from sdcli.sla.terms import length
from sdcli.tickets.event import Contacted, Imported, Noted, Resolved, Undone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.policy.scalars import Amount
    from sdcli.sla.clock import Clocks
    from sdcli.tickets.ticket import Ticket

_HOUR_S = 3600


def closes_at(ticket: Ticket, after: Amount | None, clocks: Clocks) -> int | None:
    """When it is closed if nothing happens, in seconds of UTC; None if it never is.

    Raises:
        NoWorkingTimeError: its calendar has no such time.
        LedgerDamagedError: the service levels that it is pinned to are not there.
    """
    if after is None or ticket.status != "resolved" or ticket.news or ticket.void:
        return None
    held = clocks.held(cover_of(ticket))
    time = clocks.book(ticket.policy).working_time(held.calendar)
    start = utc_seconds(_last_word(ticket))
    return time.after(start, length(after, start, time))


def _last_word(ticket: Ticket) -> datetime:
    """When it was resolved, or something was said to or by the caller after that."""
    said = [event.at for event in ticket.standing if _WORDS.get(type(event), _never)(event)]
    # Who takes its closing back does not want it closed again by the next run.
    said += [event.at for event in ticket.events if isinstance(event, Undone)]
    return max(said, default=ticket.updated_at)


def _never(_: object) -> bool:
    return False


def _always(_: object) -> bool:
    return True


_WORDS: dict[type, Callable[..., bool]] = {
    Resolved: _always,
    Imported: _always,
    Noted: lambda event: bool(event.visible),
    Contacted: lambda event: bool(event.news),
}
"""What begins the period anew."""


def spelled(amount: Amount) -> str:
    """A period in words: `5 business days`, `8h`, `1h30m`."""
    if amount.business_days:
        days = amount.business_days
        return f"{days} business {'day' if days == 1 else 'days'}"
    hours, rest = divmod(amount.seconds, _HOUR_S)
    minutes = rest // 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes or not hours else "")
