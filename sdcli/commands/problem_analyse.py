"""`sdcli problem analyse`: the root cause and the workaround, as far as they are known (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("analyse", writes=True)
@with_ref
@click.option("--cause", type=TEXT, default="", help="The root cause; `unknown`: nobody knows.")
@click.option(
    "--workaround",
    type=TEXT,
    default="",
    help="How work goes on meanwhile; `unknown` takes it back.",
)
@pass_desk
def command(desk: Desk, ref: str, cause: str, workaround: str) -> ProblemChanged:
    """Say what the root cause and the workaround are.

    Each replaces what was said before; the history keeps all of it.

    \b
    Example:
        sdcli problem analyse SD-43 --cause 'driver 3.1' --workaround 'Switch Wi-Fi off and on.'
    """
    from sdcli.problems import Problems

    if not (cause or workaround):
        raise click.UsageError("Say what is known: --cause TEXT, --workaround TEXT, or both.")
    return Problems(desk).analyse(ref, cause=cause, workaround=workaround)
