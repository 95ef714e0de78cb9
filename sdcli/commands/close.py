"""`sdcli close`: confirmed by the caller, or closed for a stated reason without (R4.5a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import (
    TEXT,
    as_command,
    pass_desk,
    used,
    vocabulary,
    with_articles,
    with_at,
    with_note,
    with_ref,
)
from sdcli.tickets import steps
from sdcli.tickets.event import Withdrawn

if TYPE_CHECKING:
    from sdcli.desk import Desk
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
@with_note
@with_articles
@with_at
@pass_desk
def command(
    desk: Desk,
    ref: str,
    code: str | None,
    confirmed_by: str,
    via: str | None,
    unconfirmed: str,
    outage: str,
    note: str,
    articles: tuple[ArticleUse, ...],
) -> results.Changed:
    """Close a ticket with the caller's confirmation.

    Demands a closure code, and who confirmed the solution and how, or the reason why nobody
    did. A ticket that is not resolved yet is resolved by the same command, and its bulletin ends.

    \b
    Example:
        sdcli close SD-42 --code solved --confirmed-by ada --via phone --kb KB-108:helped
    """
    from sdcli.changes.planned import came_from
    from sdcli.knowledge_base import KnowledgeBase

    outage = came_from(desk.policy, desk.ledger.get(ref), code, outage, desk.now)
    tell = KnowledgeBase(desk).answerable(articles)
    ticket = desk.change(
        ref,
        steps.close,
        code=code,
        confirmed_by=confirmed_by,
        via=via or "",
        unconfirmed=unconfirmed,
        note=note,
        articles=articles,
        tell=tell,
        must_look=desk.policy.must_look,
        outage=outage,
    )
    ended = any(isinstance(event, Withdrawn) for event in ticket.events[-2:])
    notes = ("Its bulletin has ended: callers are not told of it any more.",) if ended else ()
    return results.Changed(desk.see(ticket), (*used(articles, tell), *notes))
