"""`sdcli merge`: several tickets about the same go on as one (T24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("merge", writes=True)
@click.argument("refs", metavar="REF...", type=REF, nargs=-1, required=True)
@click.option("--into", metavar="REF", type=REF, required=True, help="The one that stays.")
@click.option("--because", type=TEXT, default="", help="Why they are the same.")
@pass_desk
def command(desk: Desk, refs: tuple[str, ...], into: str, because: str) -> Changed:
    """Let tickets go on in another one.

    Their clocks stop, and they are closed as duplicates. What comes for them from then on (answers
    by mail, alerts, callers) goes to the one that stays. `sdcli undo REF` takes a merge back, as if
    it had never been.

    \b
    Example:
        sdcli merge SD-8 SD-9 --into SD-7 --because 'the same printer'
    """
    from sdcli.relating import Relating

    return Relating(desk).merge(refs, into, because)
