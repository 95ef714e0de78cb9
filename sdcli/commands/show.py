"""`sdcli show`: everything about one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk


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
    from sdcli.closing import Closings
    from sdcli.relating import others

    return results.Shown(
        desk.see(ticket),
        desk.answers_of(ticket),
        time_box=desk.time_box(ticket),
        backing=desk.backing(ticket),
        breaches=desk.breaches_of(ticket),
        problems=[desk.ledger.get(each) for each in ticket.problems],
        others=others(desk, ticket),
        closes_at=Closings(desk).closes_at(ticket),
    )
