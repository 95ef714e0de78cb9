"""`sdcli follow-up`: what is owed after an incident is a ticket of its own (R3d1.6, R4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, REF, TECHNICIAN, TEXT, as_command, pass_desk, with_ref
from sdcli.tickets.relations import OWED

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("follow-up", writes=True)
@with_ref
@click.argument("summary", type=TEXT, default="")
@click.option("--owes", type=click.Choice(list(OWED)), default="other", help="What is owed.")
@click.option("--queue", type=QUEUE, default=None, help="Who does it; by default its own queue.")
@click.option("--assignee", metavar="PERSON", type=TECHNICIAN, default=None, help="Who is on it.")
@click.option("--details", type=TEXT, default="", help="Everything that helps.")
@click.option(
    "--spin-off", metavar="REF", type=REF, default=None, help="Let this follow-up go its own way."
)
@click.option("--because", type=TEXT, default="", help="Why it can, with --spin-off.")
@pass_desk
def command(
    desk: Desk,
    ref: str,
    summary: str,
    owes: str,
    queue: str | None,
    assignee: str | None,
    details: str,
    spin_off: str | None,
    because: str,
) -> Changed:
    """Open a ticket for what is still owed, or let one go its own way.

    A step to back out, a spare to replace, a request for change, a check that it does not come
    back. A ticket cannot be closed while a follow-up of it is open, and is not closed by itself:
    finish the follow-up, or spin it off.

    \b
    Examples:
        sdcli follow-up SD-42 'take the old switch out again' --owes back-out --queue network
        sdcli follow-up SD-42 --spin-off SD-43 --because 'the spare comes in March'
    """
    from sdcli.relating import Part, Relating

    if bool(spin_off) == bool(summary):
        raise click.UsageError("Say what is owed, or --spin-off REF: one of the two.")
    if spin_off:
        return Relating(desk).spin_off(ref, spin_off, because)
    part = Part(summary=summary, queue=queue or "", assignee=assignee or "", details=details)
    return Relating(desk).follow_up(ref, part, owes)
