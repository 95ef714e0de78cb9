"""The bulletins of one desk: what callers are told of known outages, and how often it was shown.

What `sdcli bulletin` and the self-help site call, and whatever shows bulletins to a caller
(R1a.1g, R1b.1e).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.ledger.again import again
from sdcli.tickets.lifecycle import require_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Writer
    from sdcli.results.callers import FrontPage
    from sdcli.tickets.ticket import Ticket


class Bulletins:
    """The bulletins of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listed(self, ref: str = "") -> list[Ticket]:
        """The tickets whose bulletin stands, the newest first; only `ref` if it is given.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it has no bulletin.
        """
        from sdcli.tickets import keys  # noqa: PLC0415 - few tickets have one
        from sdcli.tickets.steps import standing  # noqa: PLC0415

        if not ref:
            return list(self._desk.ledger.having(keys.ANNOUNCED, self._desk.now))
        ticket = self._desk.ledger.get(ref)
        require_request(ticket, "bulletin show")
        standing(ticket)
        return [ticket]

    def front_page(self, tickets: Sequence[Ticket], form: str) -> FrontPage:
        """What callers are told by the bulletins of these tickets (R1a.1g, R1b.1e)."""
        from sdcli.intake.before import is_overdue  # noqa: PLC0415 - as above
        from sdcli.results.callers import FrontPage, Notice  # noqa: PLC0415
        from sdcli.tickets.event import Announced  # noqa: PLC0415

        services = self._desk.policy.catalog.services
        notices = [
            Notice(
                ref=ticket.ref,
                text=said.text,
                state=said.state,
                services=tuple(services[name].name for name in said.services if name in services),
                site=said.site,
                until=said.until,
                next_update=said.next_update,
                overdue=is_overdue(said, self._desk.now),
                updated_at=max(e.at for e in ticket.standing if isinstance(e, Announced)),
            )
            for ticket in tickets
            if (said := ticket.bulletin)
        ]
        return FrontPage(notices=notices, form=form, zone=self._desk.zone, now=self._desk.now)

    @again
    def count_views(self, refs: Sequence[str], times: int) -> None:
        """Count that these bulletins were shown so many times (R1a.1g)."""
        with self._desk.ledger.write() as writer:
            self.count(writer, refs, times)

    def count(self, writer: Writer, refs: Sequence[str], times: int = 1) -> None:
        """The same within a unit of work."""
        from sdcli.tickets.steps import show_to  # noqa: PLC0415 - as above

        for ref in refs:
            ticket = writer.get(ref)
            events = show_to(ticket, self._desk.stamp, times=times)
            if events:
                writer.append(ticket, events)
