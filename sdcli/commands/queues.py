"""`sdcli queues`: what lies in each queue, and in one (R3d2.1c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.queues import QueueShown, QueuesShown


@as_command("queues")
@click.argument("queue", metavar="[QUEUE]", type=QUEUE, required=False)
@pass_desk
def command(desk: Desk, queue: str | None) -> QueuesShown | QueueShown:
    """Show what lies in each queue, by tier and focus, with age and SLA.

    Open tickets are those that are not resolved. Near is what is past the first warning, over what a
    tier has tried for longer than it may, and back how often tickets came back to a queue that they
    had been in. With QUEUE its tickets are listed, the most pressing first.

    \b
    Examples:
        sdcli queues
        sdcli queues network
    """
    from sdcli.queues import Queues

    return Queues(desk).queue(queue) if queue else Queues(desk).board()
