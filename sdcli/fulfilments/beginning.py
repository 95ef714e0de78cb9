"""How a fulfilment begins, and what is said of its prerequisites later (R3b.2, R3c2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.fulfilment import walk
from sdcli.fulfilment.legal import follows_already, require_at_work, require_going_on, still
from sdcli.fulfilments.asked import ALL, Asked, prerequisites, require_prerequisites
from sdcli.fulfilments.leave import Leave
from sdcli.fulfilments.search import Sought
from sdcli.fulfilments.times import Times
from sdcli.policy.procedures import StandardChange
from sdcli.tickets.event import FulfilmentStarted

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.fulfilment.walk import Walk
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import YesNo


class Beginning:
    """How a fulfilment begins on an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._times = Times(desk)
        self._leave = Leave(desk)

    def against(self, ticket: Ticket, what: Instructions) -> str:
        """What stands against beginning it now, in a sentence; empty if nothing does."""
        try:
            self._begin(ticket, self._desk.stamp, Sought("", (), what), what, Asked())
        except RefusedError as error:
            return error.message
        return ""

    def events(
        self, now: Ticket, stamp: Stamp, sought: Sought, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """What begins it, if nothing is followed; else that goes on, if it is what was seen.

        What was looked at before the ledger was locked is looked at again here: somebody else may
        have begun something meanwhile, or ended it.

        Raises:
            RefusedError: something else is followed by now, or nothing is any more.
        """
        going = walk.running(now.standing)
        if sought.going is None:
            require_at_work(now)
        else:
            require_going_on(now)
            return self._more_said(stamp, still(now, sought.going), what, asked)
        if going is None:
            return self._begin(now, stamp, sought, what, asked)
        if going.procedure != walk.edition(what):
            raise follows_already(now, going, what.id)
        return self._more_said(stamp, going, what, asked)

    def _more_said(
        self, stamp: Stamp, going: Walk, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """What is said of prerequisites after the beginning; nothing if that is known."""
        if not (asked.met or asked.not_met):
            return ()
        require_prerequisites(what, asked)
        wanted: list[tuple[tuple[str, ...], YesNo]] = [(asked.met, "yes"), (asked.not_met, "no")]
        said: dict[str, YesNo] = {
            name: word
            for names, word in wanted
            for name in what.prerequisites
            if name in names or ALL in names
        }
        known = going.started.prerequisites
        new = {name: word for name, word in said.items() if known.get(name) != word}
        if not new:
            return ()
        event = FulfilmentStarted(
            *stamp.mark(),
            procedure=going.procedure,
            standard_change=going.started.standard_change,
            prerequisites=new,
            goes_on=True,
        )
        return (event,)

    def _begin(
        self, ticket: Ticket, stamp: Stamp, sought: Sought, what: Instructions, asked: Asked
    ) -> tuple[AnyEvent, ...]:
        """The events that begin it, once all that must be so before is (R3b.2, R3c2.3)."""
        start = asked.scheduled or stamp.at
        if asked.scheduled and asked.scheduled <= stamp.at:
            raise RefusedError(
                f"{what.id} cannot be scheduled for {asked.scheduled:%Y-%m-%d %H:%M}Z: that is "
                "already past.",
                ref=ticket.ref,
            )
        warnings = (sought.warning, *self._leave.require_ready(ticket, what))
        self._times.require_open(ticket, what, start)
        known = prerequisites(ticket, what, asked)
        begun = FulfilmentStarted(
            *stamp.mark(),
            procedure=walk.edition(what),
            standard_change=isinstance(what, StandardChange),
            prerequisites=known,
            estimate_s=self._times.estimate(ticket, what, start),
            effort_s=what.effort or None,
            scheduled=asked.scheduled,
            warnings=tuple(filter(None, warnings)),
        )
        looked = walk.seek(stamp, sought.query, sought.found, what.id, ticket.standing)
        return (*looked, begun)
