"""`sdcli escalate`: hand a ticket deeper or across, with what the next team needs (R3d2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import (
    QUEUE,
    TEXT,
    PairType,
    as_command,
    pass_desk,
    with_at,
    with_reason,
    with_ref,
)
from sdcli.tickets.words import GROUNDS, HAND_OVERS

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.queues import Handing, Queues
    from sdcli.results.tickets import Changed
    from sdcli.tickets.words import HandOver, HandOverGround


@as_command("escalate", writes=True)
@with_ref
@click.option("--to", metavar="QUEUE", type=QUEUE, required=True, help="The queue to hand it to.")
@with_reason
@click.option(
    "--kind",
    type=click.Choice(HAND_OVERS),
    default=None,
    help="Deeper, or across; by default what the tiers of the queues say.",
)
@click.option(
    "--ground",
    type=click.Choice(GROUNDS),
    default=None,
    help="Why it cannot stay: the SLA would not be kept, a skill lacks, another focus.",
)
@click.option(
    "--item",
    "items",
    metavar="ITEM=TEXT",
    type=PairType(),
    multiple=True,
    help="What the next team needs to know, by the items of its checklist.",
)
@click.option(
    "--unknown",
    metavar="ITEM",
    type=TEXT,
    multiple=True,
    help="An item of the checklist that nobody knows.",
)
@with_at
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    ref: str,
    to: str,
    reason: str,
    kind: HandOver | None,
    ground: HandOverGround | None,
    items: tuple[tuple[str, str], ...],
    unknown: tuple[str, ...],
) -> Changed:
    """Hand a ticket to a deeper tier or across to another queue.

    The desk stays the owner of the request. The receiving queue accepts it, or returns it with
    what is missing. What its team must know before it can begin is its checklist in
    catalog/teams.yaml: what the ticket says already is taken over, a person at a terminal is asked
    for the rest, and what nobody says goes along as missing, unless catalog/process.yaml refuses that.

    \b
    Examples:
        sdcli escalate SD-42 --to network --reason 'needs a trace on the core switch'
        sdcli escalate SD-42 --to network --reason 'needs a trace' --item 'site=London, floor 3'
    """
    from sdcli.queues import Handing, Queues
    from sdcli.session import is_interactive

    given = [name for name, _ in items]
    if twice := sorted({name for name in given if given.count(name) > 1 or name in unknown}):
        raise click.UsageError(f"Say one thing of {', '.join(twice)}.")
    handing = Handing(
        to=to, reason=reason, kind=kind, ground=ground, items=dict(items), unknown=unknown
    )
    queues = Queues(desk)
    if is_interactive() and not ctx.obj.json:
        handing = _asked(queues, ref, handing)
    return queues.hand_over(ref, handing)


def _asked(queues: Queues, ref: str, handing: Handing) -> Handing:
    """The same, with what a person at the terminal says of the items that are open."""
    from sdcli.dialogue import ask_items

    questions = queues.open_items(ref, handing)
    return handing.with_answers(ask_items(handing.to, questions)) if questions else handing
