"""`sdcli kb recall`: who was given advice that does not hold any more (R3a.2a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import Recalled


@as_command("recall")
@click.argument("article", metavar="ID[@REVISION]", type=TEXT)
@pass_desk
def command(desk: Desk, article: str) -> Recalled:
    """List everyone who was given advice that no longer holds.

    Those who were sent an earlier revision of an article that was corrected since, or any of one
    that was retired, and those who read it on the self-help site before they asked; with how to
    reach them, and whether they were given the present one meanwhile. With @REVISION only that
    one.

    \b
    Examples:
        sdcli kb recall KB-102
        sdcli kb recall KB-102@07ce669c0ec6 --json
    """
    from sdcli.knowledge_base import KnowledgeBase
    from sdcli.render.progress import shown

    if not article.partition("@")[0].strip():
        raise click.UsageError("Name the article: ID, or ID@REVISION.")
    with shown("Looking through the tickets") as progress:
        return KnowledgeBase(desk).recall(article, progress)
