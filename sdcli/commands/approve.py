"""`sdcli approve`: somebody who may has agreed to it (R3b.2, R3c2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import PROCEDURE, TEXT, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("approve", writes=True)
@with_ref
@click.argument("procedure", type=PROCEDURE, required=False, default="")
@click.option("--by", "person", metavar="PERSON", type=TEXT, default="", help="Who; else you.")
@click.option("--reason", type=TEXT, default="", help="Why.")
@pass_desk
def command(desk: Desk, ref: str, procedure: str, person: str, reason: str) -> Changed:
    """Record that somebody agrees to what is asked for.

    A procedure says who may: named people, the manager of whoever gets it, a role or an authority.
    Anybody else is refused, and told who could. What is approved is the procedure as it is now; if
    it says something else later, it must be approved again. Without PROCEDURE it is the one that
    `sdcli fulfil` would follow.

    \b
    Example:
        sdcli approve SD-42 joiner-laptop --by dana --reason 'planned for this year'
    """
    from sdcli.fulfilments.approvals import Approvals

    return Approvals(desk).decide(ref, procedure, "approved", person=person, reason=reason)
