"""`sdcli workload`: who has how much (R6.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from typing import Literal

    from sdcli.desk import Desk
    from sdcli.results.queues import Workload


@as_command("workload")
@click.option(
    "--by",
    type=click.Choice(["person", "queue"]),
    default="person",
    help="For each person, or each queue. [person]",
)
@pass_desk
def command(desk: Desk, by: Literal["person", "queue"]) -> Workload:
    """Show who has how much to do, and who could take more.

    Open tickets by priority, what is near or past a target, the minutes of the last seven days, and who
    is absent today. Those who have nothing are told too.

    \b
    Examples:
        sdcli workload
        sdcli workload --by queue --json
    """
    from sdcli.queues import Queues

    return Queues(desk).workload(by)
