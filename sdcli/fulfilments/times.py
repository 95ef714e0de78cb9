"""How long a fulfilment takes, and when it can begin: in the working time that counts (R3b.2)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.fulfilment import walk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.policy.procedures import Instructions
    from sdcli.sla.calendar import WorkingTime
    from sdcli.tickets.ticket import Ticket


class Times:
    """The times of the fulfilments of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of(self, ticket: Ticket, what: Instructions | None) -> WorkingTime:
        """The working time that counts: of the procedure's hours, else of the ticket's clocks."""
        from sdcli.sla.agreed import cover_of  # noqa: PLC0415 - only what needs time

        clocks = self._desk.clocks
        calendars = self._desk.policy.sla.calendars
        if what and what.calendar in calendars:
            return clocks.book("").working_time(what.calendar)
        cover = cover_of(ticket)
        return clocks.book(cover.policy).working_time(clocks.held(cover).calendar)

    def require_open(self, ticket: Ticket, what: Instructions, start: datetime) -> None:
        """Refuse to begin outside of the hours in which it can be done (R3b.2).

        Raises:
            RefusedError: it says when it could.
        """
        if what.calendar not in self._desk.policy.sla.calendars:
            return
        time, at = self.of(ticket, what), _seconds(start)
        if time.between(at, at + 1):
            return
        opens = datetime.fromtimestamp(time.after(at, 1) - 1, timezone.utc)
        raise RefusedError(
            f"{what.id} is done in the hours of {what.calendar} only, and {start:%Y-%m-%d %H:%M}Z "
            f"is outside of them. `sdcli fulfil {ticket.ref} {what.id} --at {_iso(opens)}` "
            "schedules it.",
            ref=ticket.ref,
            procedure=what.id,
            opens=_iso(opens),
        )

    def estimate(self, ticket: Ticket, what: Instructions, start: datetime) -> int | None:
        """How long it takes, in seconds of working time; None if nobody knows."""
        from sdcli.sla.terms import length  # noqa: PLC0415 - only what needs time

        if not (what.takes.seconds or what.takes.business_days):
            return None
        return length(what.takes, _seconds(start), self.of(ticket, what)) or None

    def expected(self, ticket: Ticket, what: Instructions | None) -> datetime | None:
        """When the walk that goes on should be done, in UTC; None without an estimate."""
        going = walk.running(ticket.standing)
        if going is None or not going.started.estimate_s:
            return None
        time = self.of(ticket, what)
        at = time.after(_seconds(going.begins), going.started.estimate_s)
        return datetime.fromtimestamp(at, timezone.utc)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
