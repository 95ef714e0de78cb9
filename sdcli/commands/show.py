"""`sdcli show`: everything about one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.changes.request import RequestForChange
    from sdcli.desk import Desk
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
    from sdcli.queues import Queues

    staff = desk.policy.teams.technicians
    from sdcli.changes import planned
    from sdcli.closing import Closings
    from sdcli.fulfilments import Fulfilments
    from sdcli.relating import others

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
        fulfilment=Fulfilments(desk).state(ticket),
        others=others(desk, ticket),
        closes_at=Closings(desk).closes_at(ticket),
    )


def _change(desk: Desk, ticket: Ticket) -> RequestForChange | None:
    """Its request for change, with how far it is."""
    from sdcli.change_requests import ChangeRequests

    return ChangeRequests(desk).of(ticket)
