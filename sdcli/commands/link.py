"""`sdcli link`: what another ticket, or a change, is to a ticket (R7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref, with_related

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed
    from sdcli.tickets.relations import Relation


@as_command("link", writes=True)
@with_ref
@with_related
@click.option("--because", type=TEXT, default="", help="Why.")
@pass_desk
def command(desk: Desk, ref: str, relation: Relation, other: str, because: str) -> Changed:
    """Say what another ticket is to a ticket.

    Both tickets say so from then on. `link SD-7 parent SD-3` makes SD-3 the parent of SD-7, and
    `link SD-7 depends-on SD-3` has SD-7 wait for SD-3; caused-by-change takes a ticket, or a change
    of catalog/schedule.yaml. A problem has `sdcli problem link`.

    \b
    Examples:
        sdcli link SD-7 parent SD-3
        sdcli link SD-7 caused-by-change wireless-controllers --because 'since the new firmware'
    """
    from sdcli.relating import Relating

    return Relating(desk).link(ref, relation, other, because)
