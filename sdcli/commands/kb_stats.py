"""`sdcli kb stats`: how articles are used and how they help (R3a.1a, R3a.4, R3b.1a, R2a.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, require_order, with_period

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.knowledge import Statistics


@as_command("stats")
@click.argument("articles", metavar="[ID]...", type=TEXT, nargs=-1)
@with_period
@pass_desk
def command(
    desk: Desk, articles: tuple[str, ...], since: datetime | None, until: datetime | None
) -> Statistics:
    """Count how articles are used and how they help.

    By article and revision: on how many tickets it was shown, read by the caller before asking,
    sent, applied; on how many it helped, had no effect, or made things worse; and the rate of
    success with the range in which it lies with a confidence of 95 %. A solution that was taken
    back did not help. Without an ID also what to retire, enhance and publish, with the reasons,
    and what callers ask again and again.

    \b
    Examples:
        sdcli kb stats
        sdcli kb stats KB-110 --since 2026-01-01
    """
    from sdcli.knowledge_base import KnowledgeBase
    from sdcli.render.progress import shown

    require_order(since, until)
    with shown("Counting") as progress:
        return KnowledgeBase(desk).statistics(articles, since=since, until=until, progress=progress)
