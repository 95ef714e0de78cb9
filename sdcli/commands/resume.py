"""`sdcli resume`: go on after a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_at, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("resume", writes=True)
@with_ref
@click.option("--reason", type=TEXT, default="", help="What has happened meanwhile.")
@with_at
@pass_desk
def command(desk: Desk, ref: str, reason: str) -> Changed:
    """Go on after a wait.

    \b
    Example:
        sdcli resume SD-42
    """
    return Changed(desk.see(desk.change(ref, steps.resume, reason=reason)))
