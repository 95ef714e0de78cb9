"""`sdcli board`: the live desk in a terminal (R6.4, R3d2.1c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk, session_of

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.lists import BoardLeft


@as_command("board")
@click.pass_context
@pass_desk
def command(desk: Desk, ctx: click.Context) -> BoardLeft:
    """Watch the desk live, and work on it by keys.

    The queues at the side, the tickets of one of them or all, the most pressing first, and what
    is known of the one in hand; what others do is seen within two seconds. Keys take, note, escalate,
    resolve and assign by the rules of the commands of those names; ? tells them all. It needs a
    terminal, and the extra `board`: pip install 'sdcli[board]'.

    \b
    Example:
        sdcli board
    """
    from sdcli.session import has_screen

    if session_of(ctx).json or not has_screen():
        raise click.UsageError(
            "The board needs a terminal to draw on, and TERM not to be dumb: `sdcli list --json` is "
            "for scripts.",
            ctx,
        )
    from sdcli.board.run import run

    return run(desk)
