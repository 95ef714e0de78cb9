"""Everything about one ticket of an open desk: what `sdcli show` and the board show.

Most tickets have little of it, and each room takes a while to be loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.results.shown import Shown
from sdcli.sla.register import breaches
from sdcli.tickets.event import ApprovalDecided, FulfilmentStarted, ProcedureSought
from sdcli.tickets.relations import sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.changes.request import RequestForChange
    from sdcli.desk import Desk
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.results.problems import ProblemShown
    from sdcli.tickets.ticket import Ticket


def shown(desk: Desk, ref: str) -> Shown | ProblemShown:
    """Everything about a ticket as it stands now.

    Raises:
        NoSuchTicketError: there is no such ticket.
        DataFileError: a file of the desk is wrong.
    """
    ticket = desk.ledger.get(ref)
    if ticket.is_problem:
        from sdcli.problems import Problems  # noqa: PLC0415 - few tickets are problems

        return Problems(desk).show(ref)
    from sdcli.changes import planned  # noqa: PLC0415 - as above
    from sdcli.queues import Queues  # noqa: PLC0415

    staff = desk.policy.teams.technicians
    return Shown(
        desk.see(ticket),
        _answers(desk, ticket),
        time_box=desk.time_box(ticket),
        backing=desk.backing(ticket),
        breaches=breaches(ticket, desk.clocks, int(desk.now.timestamp())),
        problems=[desk.ledger.get(each) for each in ticket.problems],
        actors={each.by: staff[each.by] for each in ticket.events if each.by in staff},
        lacking=Queues(desk).lacking(ticket),
        change=_change(desk, ticket) if ticket.change_status else None,
        planned=planned.running_for(desk.policy, ticket, desk.now),
        out_of_hours=planned.hours_for(desk.policy, ticket, desk.now),
        hints=planned.hints(desk.policy, ticket, desk.now),
        fulfilment=_fulfilment(desk, ticket),
        others=_others(desk, ticket),
        closes_at=_closes_at(desk, ticket),
    )


def _answers(desk: Desk, ticket: Ticket) -> Sequence[tuple[str, str]]:
    """What its caller was asked, and answered."""
    if ticket.opening.walk is None:
        return ()
    from sdcli.classifying import Classification  # noqa: PLC0415 - as above

    return Classification(desk).answers_of(ticket)


def _fulfilment(desk: Desk, ticket: Ticket) -> Fulfilment | None:
    """How far its fulfilment is, where something may be fulfilled."""
    traces = (ApprovalDecided, FulfilmentStarted, ProcedureSought)
    if ticket.type != "fulfilment" and not any(isinstance(e, traces) for e in ticket.standing):
        return None
    from sdcli.fulfilments.told import Told  # noqa: PLC0415 - as above

    return Told(desk).state(ticket)


def _others(desk: Desk, ticket: Ticket) -> Mapping[str, Ticket]:
    """The tickets that it is linked to, or merged with."""
    if not (ticket.links or ticket.merged_into or sources(ticket)):
        return {}
    from sdcli.relating import others  # noqa: PLC0415 - as above

    return others(desk, ticket)


def _closes_at(desk: Desk, ticket: Ticket) -> datetime | None:
    """When it is closed by itself."""
    if ticket.status != "resolved":
        return None
    from sdcli.closing import Closings  # noqa: PLC0415 - as above

    return Closings(desk).closes_at(ticket)


def _change(desk: Desk, ticket: Ticket) -> RequestForChange | None:
    """Its request for change, with how far it is."""
    from sdcli.change_requests import ChangeRequests  # noqa: PLC0415 - as above

    return ChangeRequests(desk).of(ticket)
