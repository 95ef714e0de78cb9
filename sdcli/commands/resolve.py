"""`sdcli resolve`: solved, as the desk sees it (R3d1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import (
    as_command,
    pass_desk,
    used,
    vocabulary,
    with_articles,
    with_at,
    with_note,
    with_ref,
)
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.tickets.event import ArticleUse


@as_command("resolve", writes=True)
@with_ref
@click.option("--code", type=vocabulary("closure_code"), required=True, help="How it was solved.")
@click.option("--with-children", is_flag=True, help="Resolve its open children with it.")
@with_note
@with_articles
@with_at
@pass_desk
def command(
    desk: Desk,
    ref: str,
    code: str,
    with_children: bool,
    note: str,
    articles: tuple[ArticleUse, ...],
) -> Changed:
    """Mark a ticket as solved, with its closure code.

    The clock stops. The request is over when the caller has confirmed and it is closed; one that
    nobody confirms is closed after a while (close_after in catalog/process.yaml).

    \b
    Example:
        sdcli resolve SD-42 --code solved --note 'replaced the cable' --kb KB-108:helped
    """
    from sdcli.changes.planned import to_be_named
    from sdcli.closing import Closings
    from sdcli.knowledge_base import KnowledgeBase

    tell = KnowledgeBase(desk).answerable(articles)
    ticket, notes = Closings(desk).resolve(
        ref,
        code=code,
        note=note,
        articles=articles,
        tell=tell,
        with_children=with_children,
    )
    notes += to_be_named(desk.policy, ticket, desk.now)
    return Changed(desk.see(ticket), (*used(articles, tell), *notes))
