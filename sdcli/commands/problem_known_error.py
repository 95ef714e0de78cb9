"""`sdcli problem known-error`: an article tells its cause and workaround (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("known-error", writes=True)
@with_ref
@click.option("--article", metavar="ID", type=TEXT, default="", help="An article that tells it.")
@click.option("--new", is_flag=True, help="A new article, whatever other one names the problem.")
@pass_desk
def command(desk: Desk, ref: str, article: str, *, new: bool) -> ProblemChanged:
    """Make a problem a known error, which search-kb finds.

    With --article the file of that article is marked: known_error and problem are added to it,
    and its comments stay. Without, an article is written from the problem and from what the
    callers of its incidents said, without naming them; read it over. An article that names the
    problem, but may be about that of another desk with the same kb folder, is not taken unasked.
    Linked tickets that are open are told the workaround, which shows as news. To run it again is
    harmless.

    \b
    Examples:
        sdcli problem known-error SD-43
        sdcli problem known-error SD-43 --article KB-103
    """
    from sdcli.problems import Problems

    if article and new:
        raise click.UsageError("Say either --article or --new.")
    return Problems(desk).known_error(ref, article, new=new)
