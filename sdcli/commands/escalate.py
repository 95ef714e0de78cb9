"""`sdcli escalate`: hand a ticket deeper or across (R3d2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import QUEUE, as_command, pass_desk, with_at, with_reason, with_ref
from sdcli.tickets import steps
from sdcli.tickets.words import HAND_OVERS

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.tickets.words import HandOver


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
@with_at
@pass_desk
def command(desk: Desk, ref: str, to: str, reason: str, kind: HandOver | None) -> results.Changed:
    """Hand a ticket to a deeper tier or across to another queue.

    The desk stays the owner of the request. The receiving queue accepts it, or returns it with
    what is missing.

    \b
    Example:
        sdcli escalate SD-42 --to network --reason 'needs a trace on the core switch'
    """
    policy = desk.policy
    ticket = desk.change(
        ref, steps.escalate, to=to, reason=reason, tiers=policy.tier, hand_over=kind
    )
    return results.Changed(desk.see(ticket), notes=[f"  {desk.responsible(to)}"])
