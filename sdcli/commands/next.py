"""`sdcli next`: the ticket to work on now, and why (R2c.2a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.queues import NextUp


@as_command("next", writes=True)
@click.option("--queue", type=QUEUE, default=None, help="Look in this queue, and not in yours.")
@click.option("--take", is_flag=True, help="Accept it as well; nobody else gets the same one.")
@pass_desk
def command(desk: Desk, queue: str | None, *, take: bool) -> NextUp:
    """Say which ticket you should work on now, and why.

    First what stops your present work, then your own work that is about to break a promise, then what
    was handed over to your queues and not accepted, then what nobody has taken, at last your other
    work; each by priority, how much of a target is gone, and age. What waits, and what nobody has
    decided to support, is left out. Nothing changes without --take.

    \b
    Examples:
        sdcli next
        sdcli next --queue network --take
    """
    from sdcli.queues import Queues

    return Queues(desk).next(queue or "", take=take)
