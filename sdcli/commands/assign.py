"""`sdcli assign`: give a ticket to a person or a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, TECHNICIAN, as_command, pass_desk, with_at, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("assign", writes=True)
@with_ref
@click.option("--to", metavar="PERSON", type=TECHNICIAN, default=None, help="Who works on it.")
@click.option("--queue", type=QUEUE, default=None, help="The queue it lies in.")
@with_at
@pass_desk
def command(desk: Desk, ref: str, to: str | None, queue: str | None) -> Changed:
    """Give a ticket to a person or a queue.

    Without options it is yours.

    \b
    Example:
        sdcli assign SD-42 --to greta --queue network
    """
    return Changed(desk.see(desk.change(ref, steps.assign, to=to, queue=queue)))
