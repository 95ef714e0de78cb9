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
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), default=None, help="Only these.")
@click.option("--service", type=SERVICE, default=None, help="Only for this service.")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, help="At most so many.")
@pass_desk
def command(
    desk: Desk,
    query: str | None,
    ref: str | None,
    type_: str | None,
    service: str | None,
    limit: int,
) -> results.Found:
    """Search the knowledge articles.

    The best fit comes first. Titles, symptoms and keywords weigh more than the body, and words
    are reduced to their stems. --ticket searches by a ticket's own words.

    \b
    Examples:
        sdcli search-kb 'printer offline'
        sdcli search-kb --ticket SD-42
    """
    from sdcli.knowledge.articles import articles
    from sdcli.knowledge.search import search

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


def _words_of(desk: Desk, ref: str) -> str:
    ticket = desk.ledger.get(ref)
    return f"{ticket.summary} {ticket.opening.details}"
