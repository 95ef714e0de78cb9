"""`sdcli search-kb`: search the knowledge articles (R3a.1, R3d1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import REF, SERVICE, TEXT, as_command, pass_desk
from sdcli.tickets.words import REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("search-kb")
@click.argument("query", type=TEXT, required=False, default=None)
@click.option("--ticket", "ref", type=REF, help="Search by the words of this ticket.")
@click.option("--faq", is_flag=True, help="The frequent questions: all articles of information.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), default=None, help="Only these.")
@click.option("--service", type=SERVICE, default=None, help="Only for this service.")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, help="At most so many.")
@pass_desk
def command(
    desk: Desk,
    query: str | None,
    ref: str | None,
    faq: bool,
    type_: str | None,
    service: str | None,
    limit: int,
) -> results.Found:
    """Search the knowledge articles.

    The best fit comes first. Titles, symptoms and keywords weigh more than the body, and words
    are reduced to their stems. --ticket searches by a ticket's own words. --faq lists what is asked
    again and again, by title.

    \b
    Examples:
        sdcli search-kb 'printer offline'
        sdcli search-kb --ticket SD-42
        sdcli search-kb --faq
    """
    from sdcli.knowledge.articles import articles
    from sdcli.knowledge.search import search

    if faq:
        return _frequent(desk, query or ref or type_, service or "")
    if not query and not ref:
        raise click.UsageError("Say what to search for: QUERY, or --ticket REF.")
    words = " ".join(filter(None, (query, _words_of(desk, ref) if ref else "")))
    hits = search(
        articles(desk.root).values(),
        words,
        type_=type_ or "",
        service=service or "",
        limit=limit,
    )
    return results.Found(words, hits)


def _frequent(desk: Desk, other: str | None, service: str) -> results.Found:
    """The frequent questions, of one service if it is given (R2a.1)."""
    from sdcli.knowledge.articles import articles, questions_of
    from sdcli.knowledge.search import listed

    if other:
        raise click.UsageError("--faq lists all of them; it goes with --service only.")
    return results.Found(
        "", [listed(each) for each in questions_of(articles(desk.root).values(), service)]
    )


def _words_of(desk: Desk, ref: str) -> str:
    ticket = desk.ledger.get(ref)
    return f"{ticket.summary} {ticket.opening.details}"
