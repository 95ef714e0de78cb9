"""`sdcli close`: confirmed by the caller, or closed for a stated reason without (R4.5a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import (
    TEXT,
    as_command,
    pass_desk,
    session_of,
    used,
    vocabulary,
    with_articles,
    with_at,
    with_closure,
    with_note,
    with_ref,
)
from sdcli.results.tickets import Changed
from sdcli.session import is_interactive
from sdcli.tickets.event import Withdrawn

if TYPE_CHECKING:
    from sdcli.closing import Closings, Wish
    from sdcli.desk import Desk
    from sdcli.results.tickets import Seen
    from sdcli.tickets.event import ArticleUse


@as_command("close", writes=True)
@with_ref
@click.option(
    "--code",
    type=vocabulary("closure_code"),
    default=None,
    help="How it was solved, if not said yet.",
)
@click.option("--confirmed-by", metavar="PERSON", type=TEXT, default="", help="Who confirmed it.")
@click.option(
    "--via", metavar="METHOD", type=vocabulary("contact_method"), default=None, help="How."
)
@click.option("--unconfirmed", metavar="REASON", type=TEXT, default="", help="Why nobody did.")
@click.option(
    "--outage",
    metavar="NAME",
    type=TEXT,
    default="",
    help="The planned outage or change it came from; else the one of the schedule that fits.",
)
@with_closure
@with_note
@with_articles
@with_at
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    ref: str,
    code: str | None,
    confirmed_by: str,
    via: str | None,
    unconfirmed: str,
    outage: str,
    note: str,
    articles: tuple[ArticleUse, ...],
    resumed_evidence: str,
    **said: Any,
) -> Changed:
    """Close a ticket with the caller's confirmation.

    Demands a closure code, and who confirmed the solution and how, or the reason why nobody
    did. A ticket that is not resolved yet is resolved by the same command, and its bulletin ends.
    What else is to be said depends on its type (closing in catalog/process.yaml): at a terminal you
    are asked, and in a script what is missing is unknown, or the closure is refused. So it is while
    a follow-up is open.

    \b
    Example:
        sdcli close SD-42 --code solved --confirmed-by ada --via phone --cause configuration
    """
    from sdcli.changes.planned import came_from, doubts
    from sdcli.closing import Closings
    from sdcli.knowledge_base import KnowledgeBase

    before = desk.ledger.get(ref)
    outage = came_from(desk.policy, before, code, outage, desk.now)
    wish = _wish(
        said,
        code=code,
        confirmed_by=confirmed_by,
        via=via or "",
        unconfirmed=unconfirmed,
        note=note,
        articles=articles,
        outage=outage,
        evidence=resumed_evidence,
    )
    closings = Closings(desk)
    if is_interactive() and not session_of(ctx).json:
        wish = _asked(desk, ref, closings, wish)
    tell = KnowledgeBase(desk).answerable(wish.articles)
    ticket, notes = closings.close(ref, wish, tell)
    seen = desk.see(ticket)
    notes = [*doubts(desk.policy, before, outage, desk.now), *notes]
    return Changed(seen, (*used(wish.articles, tell), *_ended(seen), *notes))


def _wish(said: dict[str, Any], **given: Any) -> Wish:
    """What is said, by the options."""
    from sdcli.closing import Wish
    from sdcli.tickets.closing import Said

    return Wish(said=Said(**{name: value or "" for name, value in said.items()}), **given)


def _asked(desk: Desk, ref: str, closings: Closings, wish: Wish) -> Wish:
    """What a person at the terminal says besides, before anything is locked."""
    from sdcli.dialogue import ask_closure

    ticket, open_ = closings.to_ask(ref, wish)
    return wish.answered(ask_closure(desk.policy, ticket, open_)) if any(open_) else wish


def _ended(seen: Seen) -> tuple[str, ...]:
    ended = any(isinstance(event, Withdrawn) for event in seen.added)
    return ("Its bulletin has ended: callers are not told of it any more.",) if ended else ()
