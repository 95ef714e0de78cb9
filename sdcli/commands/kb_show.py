"""`sdcli kb show`: one article (R3a.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("show")
@click.argument("article", metavar="ID", type=TEXT)
@pass_desk
def command(desk: Desk, article: str) -> results.ArticleShown:
    """Show an article.

    \b
    Example:
        sdcli kb show KB-104
    """
    from sdcli.library import Library

    return results.ArticleShown(Library(desk).article(article))
