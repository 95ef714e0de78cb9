"""`sdcli problem close`: nobody works on it any more, and the linked tickets hear it (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, vocabulary, with_note, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("close", writes=True)
@with_ref
@click.option("--code", type=vocabulary("closure_code"), required=True, help="How it ended.")
@with_note
@click.option("--unfixed", metavar="REASON", type=TEXT, default="", help="Why its cause is left.")
@pass_desk
def command(desk: Desk, ref: str, code: str, note: str, unfixed: str) -> ProblemChanged:
    """Close a problem, and tell the tickets that are linked to it.

    It needs a cause (`sdcli problem analyse`), unless the code says that there was none to be
    found, or --unfixed why nobody looks for it any more. Linked tickets that are open are told,
    which shows as news.

    \b
    Example:
        sdcli problem close SD-43 --code solved --note 'driver 3.2 is rolled out'
    """
    from sdcli.problems import Problems

    return Problems(desk).close(ref, code=code, note=note, unfixed=unfixed)
