"""`sdcli note`: write down what was done, or what the caller was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import TEXT, as_command, pass_desk, with_at, with_minutes, with_ref
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("note")
@with_ref
@click.argument("text", type=TEXT)
@with_minutes
@click.option("--visible", is_flag=True, help="The caller was told: it counts as a response.")
@with_at
@pass_desk
def command(desk: Desk, ref: str, text: str, minutes: int, visible: bool) -> results.Changed:
    """Write down what was done or told.

    A note is internal unless --visible says that the caller was told; the first visible note
    stops the response clock. One that begins with `roadblock:` says what is in the way; it is told
    to management and the business when a target was missed.

    \b
    Example:
        sdcli note SD-42 'Called back, asked for a log file' --visible --minutes 5
    """
    ticket = desk.change(ref, steps.note, text=text, minutes=minutes, visible=visible)
    return results.Changed(desk.see(ticket))
