"""`sdcli kb review`: an article looked through, and those that should be (R3a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import ARTICLE, PERIOD, TEXT, WhenType, as_command, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticlesDue, ArticleWritten

_SOON = "30d"


@as_command("review")
@click.argument("article", metavar="[ID]", type=ARTICLE, required=False)
@click.option("--expires", type=WhenType(), help="When it is to be looked through again.")
@click.option("--for", "period", type=PERIOD, help="How long it is good for: 30d, 6m, 1y.")
@click.option("--note", type=TEXT, default="", help="What was looked at; a remark in the file.")
@click.option("--due", is_flag=True, help="List the articles that have expired, or will soon.")
@click.option("--within", type=PERIOD, help=f"With --due: how soon. [{_SOON}]")
@pass_desk
def command(
    desk: Desk,
    article: str | None,
    expires: datetime | None,
    period: str | None,
    note: str,
    due: bool,
    within: str | None,
) -> ArticleWritten | ArticlesDue:
    """Say that an article is still right, or list those that expire soon.

    It is reviewed today, and good for as long as it was before, or as you say. Its text and its
    revision stay as they are; `sdcli kb edit` changes those.

    \b
    Examples:
        sdcli kb review --due
        sdcli kb review KB-104 --for 6m --note 'tried with client 5.2'
    """
    from sdcli.authoring import Authoring

    authoring = Authoring(desk)
    if due:
        if article or expires or period or note:
            raise click.UsageError("--due lists: it goes with --within only.")
        return authoring.due(within or _SOON)
    if not article:
        raise click.UsageError("Name the article that you have reviewed, or list them with --due.")
    if within:
        raise click.UsageError("--within goes with --due.")
    if expires and period:
        raise click.UsageError("--expires and --for say the same: give one of them.")
    until = authoring.day_of(int(expires.timestamp())) if expires else ""
    if until and until <= authoring.today:
        raise click.UsageError(f"--expires is {until}: it must be later than today.")
    return authoring.review(article, until, period or "", note)
