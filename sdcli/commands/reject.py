"""`sdcli reject`: somebody who may does not agree to it (R3b.2, R3c2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import PROCEDURE, TEXT, as_command, pass_desk, with_reason, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("reject", writes=True)
@with_ref
@click.argument("procedure", type=PROCEDURE, required=False, default="")
@click.option("--by", "person", metavar="PERSON", type=TEXT, default="", help="Who; else you.")
@with_reason
@pass_desk
def command(desk: Desk, ref: str, procedure: str, person: str, reason: str) -> Changed:
    """Record that somebody does not agree to what is asked for.

    As with `sdcli approve`, the procedure says who may. It goes no further then; mostly the request
    is closed as declined.

    \b
    Example:
        sdcli reject SD-42 joiner-laptop --by dana --reason 'there is one in the loan pool'
    """
    from sdcli.fulfilments.approvals import Approvals

    return Approvals(desk).decide(ref, procedure, "rejected", person=person, reason=reason)
