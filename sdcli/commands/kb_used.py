"""`sdcli kb used`: what articles did on a ticket (R3a.4, R4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, ArticleUseType, as_command, pass_desk, used, with_at, with_ref
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.tickets.event import ArticleUse


@as_command("used", writes=True)
@with_ref
@click.argument("articles", type=ArticleUseType(), metavar="[ID:OUTCOME]...", nargs=-1)
@click.option("--none", "is_none", is_flag=True, help="None fitted: --note says what you answered.")
@click.option("--note", type=TEXT, default="", help="What was seen.")
@with_at
@pass_desk
def command(
    desk: Desk, ref: str, articles: tuple[ArticleUse, ...], is_none: bool, note: str
) -> Changed:
    """Record what articles did on a ticket.

    It counts for the revision that they have now. The outcomes are those of catalog/vocabulary.yaml: shared, applied, helped, no-effect, harmful,
    unknown. What is said last counts. Who answers for an article that made things worse is told by
    a notice, and `search-kb` shows it further down. `resolve --kb` and `close --kb` record the same.

    \b
    Examples:
        sdcli kb used SD-42 KB-104:applied
        sdcli kb used SD-42 --none --note 'asked the supplier: it comes with version 9'
        sdcli kb used SD-42 KB-110:harmful --note 'the queue was emptied, and the letters with it'
    """
    from sdcli.knowledge_base import KnowledgeBase

    if is_none == bool(articles) or (is_none and not note):
        raise click.UsageError("Name articles with what they did, or say --none and --note.")
    if is_none:
        return Changed(desk.see(KnowledgeBase(desk).best_effort(ref, note)))
    ticket, tell = KnowledgeBase(desk).use(ref, articles, note)
    several = len(set(tell.values())) > 1  # each was told of theirs, and no sentence says it all
    return Changed(desk.see(ticket), used(articles, tell) if several else ())
