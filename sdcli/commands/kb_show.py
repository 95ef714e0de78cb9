"""`sdcli kb show`: one article (R3a.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import ARTICLE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticleShown


@as_command("show")
@click.argument("article", metavar="ID", type=ARTICLE)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print it as a Markdown document.")
@pass_desk
def command(desk: Desk, article: str, as_markdown: bool) -> ArticleShown:
    """Show an article.

    On a terminal its Markdown is rendered; in a pipe the text is as it is in the file. A restricted
    article is shown to those only who have one of its roles in catalog/teams.yaml.

    \b
    Examples:
        sdcli kb show KB-104
        sdcli kb show 104 --markdown > vpn.md
    """
    from sdcli.authoring import Authoring

    return Authoring(desk).show(article, as_markdown=as_markdown)
