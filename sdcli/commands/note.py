"""`sdcli note`: write down what was done, or what the caller was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_at, with_minutes, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("note", writes=True)
@with_ref
@click.argument("text", type=TEXT)
@with_minutes
@click.option("--visible", is_flag=True, help="The caller was told: it counts as a response.")
@click.option("--roadblock", is_flag=True, help="It says what stands in the way.")
@with_at
@pass_desk
def command(
    desk: Desk, ref: str, text: str, minutes: int, *, visible: bool, roadblock: bool
) -> Changed:
    """Write down what was done or told.

    A note is internal unless --visible says that the caller was told; the first visible note
    stops the response clock. What stands in the way is told to those who hear of a breach, until
    the request is resolved.

    \b
    Examples:
        sdcli note SD-42 'Called back, asked for a log file' --visible --minutes 5
        sdcli note SD-42 'The only person with access is on leave' --roadblock
    """
    ticket = desk.change(
        ref, steps.note, text=text, minutes=minutes, visible=visible, roadblock=roadblock
    )
    return Changed(desk.see(ticket))
