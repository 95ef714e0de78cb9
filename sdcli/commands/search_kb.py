"""`sdcli search-kb`: articles, procedures, standard changes, past tickets (R3a.1, R3b.1, R3d1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, SERVICE, TEXT, as_command, session_of
from sdcli.tickets.words import REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.results.knowledge import Found

_AREAS = ("service", "technology")
_AUDIENCES = ("user", "desk", "restricted")
_KINDS = ("article", "known-error", "procedure", "standard-change", "ticket")


@as_command("search-kb", writes=True)
@click.argument("query", type=TEXT, required=False, default=None)
@click.option("--ticket", "ref", type=REF, help="Search by the words of this ticket.")
@click.option("--faq", is_flag=True, help="The frequent questions: all articles of information.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), default=None, help="Only these.")
@click.option("--service", type=SERVICE, default=None, help="Only for this service.")
@click.option("--area", type=click.Choice(_AREAS), default=None, help="Only about this.")
@click.option("--audience", type=click.Choice(_AUDIENCES), default=None, help="Only for these.")
@click.option(
    "--kind", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only this; may be repeated."
)
@click.option("--retired", is_flag=True, help="Also what is not to be used any more.")
@click.option("--explain", is_flag=True, help="Show how each score came to be.")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, help="At most so many. [10]")
@click.pass_context
def command(
    ctx: click.Context,
    query: str | None,
    ref: str | None,
    faq: bool,
    type_: str | None,
    service: str | None,
    area: str | None,
    audience: str | None,
    kinds: tuple[str, ...],
    retired: bool,
    explain: bool,
    limit: int,
) -> Found:
    """Search articles, procedures, standard changes and past tickets.

    The best fit comes first. Each word counts and none is needed; forms of a word, other names for
    it (kb/synonyms.yaml) and words with a slip are found too. "Words in quotes" must stand
    together, print* is any word that begins like this, and codes and paths are looked for as a
    whole. What helped before counts more, and a known error gains by its symptoms.

    --ticket searches by a ticket's summary and details. --faq lists what is asked again and
    again, by title. Exits 8 if a file could not be read; the others are searched.

    \b
    Examples:
        sdcli search-kb 'printer offline'
        sdcli search-kb '"access point" roam*' --area technology
        sdcli search-kb ERR_CERT_DATE_INVALID --explain
        sdcli search-kb --ticket SD-42
        sdcli search-kb 'new laptop' --kind procedure --audience desk
        sdcli search-kb --faq
    """
    from sdcli.knowledge.looks import Looking

    if faq and (query or ref or type_ or area or audience or kinds or retired or explain):
        raise click.UsageError("--faq lists all of them; it goes with --service only.")
    if not faq and not query and not ref:
        raise click.UsageError("Say what to search for: QUERY, or --ticket REF.")
    session = session_of(ctx)
    looking = Looking(session.root)  # it goes on while the rest is imported

    from sdcli.knowledge.index import Filters
    from sdcli.knowledge_base import KnowledgeBase
    from sdcli.render.progress import shown

    base = KnowledgeBase(session.desk)
    with shown("Reading the articles") as progress:
        if faq:
            return base.frequent(service or "", looking, progress)
        filters = Filters(
            type_ or "", area or "", service or "", audience or "", kinds, retired=retired
        )
        return base.search(
            query or "",
            ref=ref or "",
            filters=filters,
            limit=limit,
            explain=explain,
            looking=looking,
            progress=progress,
        )
