"""`sdcli kb retire`: an article out of use, or back in it (R3a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import ARTICLE, TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticleWritten


@as_command("retire")
@click.argument("article", metavar="ID", type=ARTICLE)
@click.option("--because", type=TEXT, default="", help="Why it is not to be used any more.")
@click.option(
    "--superseded-by", metavar="ID", type=ARTICLE, help="The article that takes its place."
)
@click.option("--undo", is_flag=True, help="Bring a retired article back.")
@pass_desk
def command(
    desk: Desk, article: str, because: str, superseded_by: str | None, undo: bool
) -> ArticleWritten:
    """Take an article out of use, or bring it back.

    Its file stays, for the tickets that refer to it. The article that takes its place names it
    from then on.

    \b
    Examples:
        sdcli kb retire KB-104 --because 'the driver is mended' --superseded-by KB-150
        sdcli kb retire KB-104 --undo
    """
    from sdcli.authoring import Authoring

    authoring = Authoring(desk)
    if undo:
        if because or superseded_by:
            raise click.UsageError("--undo goes with no other option.")
        return authoring.restore(article)
    if not because:
        raise click.UsageError("Say why with --because; readers of old tickets will ask.")
    return authoring.retire(article, because, superseded_by or "")
