"""`sdcli unlink`: a link that was wrong is taken back, on both sides (R7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref, with_related

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed
    from sdcli.tickets.relations import Relation


@as_command("unlink", writes=True)
@with_ref
@with_related
@click.option("--because", type=TEXT, default="", help="Why not after all.")
@pass_desk
def command(desk: Desk, ref: str, relation: Relation, other: str, because: str) -> Changed:
    """Take back what another ticket is to a ticket.

    On both sides; the history keeps that it was so.

    \b
    Example:
        sdcli unlink SD-7 parent SD-3 --because 'another building'
    """
    from sdcli.relating import Relating

    return Relating(desk).unlink(ref, relation, other, because)
