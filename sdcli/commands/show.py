"""`sdcli show`: everything about one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_ref
from sdcli.tickets.event import ApprovalDecided, FulfilmentStarted, ProcedureSought
from sdcli.tickets.relations import sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sdcli.changes.request import RequestForChange
    from sdcli.desk import Desk
    from sdcli.fulfilment.state import Fulfilment
    from sdcli.tickets.ticket import Ticket


@as_command("show")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> results.Shown | results.ProblemShown:
    """Show everything about a ticket.

    A problem is shown as `sdcli problem show` does.

    \b
    Example:
        sdcli show SD-42
    """
    ticket = desk.ledger.get(ref)
    if ticket.is_problem:
        from sdcli.problems import Problems

        return Problems(desk).show(ref)
    from sdcli.changes import planned
    from sdcli.queues import Queues

    staff = desk.policy.teams.technicians
    return results.Shown(
        desk.see(ticket),
        desk.answers_of(ticket),
        time_box=desk.time_box(ticket),
        backing=desk.backing(ticket),
        breaches=desk.breaches_of(ticket),
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


# Most tickets have none of these, and each room takes a while to be loaded.


def _fulfilment(desk: Desk, ticket: Ticket) -> Fulfilment | None:
    """How far its fulfilment is, where something may be fulfilled."""
    traces = (ApprovalDecided, FulfilmentStarted, ProcedureSought)
    if ticket.type != "fulfilment" and not any(isinstance(e, traces) for e in ticket.standing):
        return None
    from sdcli.fulfilments import Fulfilments

    return Fulfilments(desk).state(ticket)


def _others(desk: Desk, ticket: Ticket) -> Mapping[str, Ticket]:
    """The tickets that it is linked to, or merged with."""
    if not (ticket.links or ticket.merged_into or sources(ticket)):
        return {}
    from sdcli.relating import others

    return others(desk, ticket)


def _closes_at(desk: Desk, ticket: Ticket) -> datetime | None:
    """When it is closed by itself."""
    if ticket.status != "resolved":
        return None
    from sdcli.closing import Closings

    return Closings(desk).closes_at(ticket)


def _change(desk: Desk, ticket: Ticket) -> RequestForChange | None:
    """Its request for change, with how far it is."""
    from sdcli.change_requests import ChangeRequests

    return ChangeRequests(desk).of(ticket)
