"""`sdcli sla simulate`: what another policy would have made of what really happened (R5b.1)."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click

from sdcli.params import SinceType, WhenType, as_command, pass_desk, require_order
from sdcli.render.progress import shown
from sdcli.results.sla import Simulated

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk


_STDIN = "-"
"""What Click calls standard input."""


@as_command("simulate")
@click.option(
    "--policy",
    "file",
    type=click.File("rb", lazy=True),
    required=True,
    help="The other sla_policies.yaml; - reads standard input.",
)
@click.option(
    "--since",
    type=SinceType(),
    metavar="WHEN",
    default="90d",
    help="Only what was open from then on: a time, or how long ago. [90d]",
)
@click.option("--until", type=WhenType(), metavar="WHEN", help="Only what was opened before then.")
@click.option("--refs", is_flag=True, help="Show every ticket that differs.")
@pass_desk
def command(
    desk: Desk, file: IO[bytes], since: datetime, until: datetime | None, *, refs: bool
) -> Simulated:
    """Try other service levels on what really happened.

    Who would have breached and who no longer, how many alerts there would have been and who would
    have heard them: beside what today's sla_policies.yaml makes of the same tickets, each from its
    opening on. Nothing is recorded, and nobody hears anything.

    \b
    Examples:
        sdcli sla simulate --policy new.yaml
        git show HEAD~3:sla_policies.yaml | sdcli sla simulate --policy - --since 30d
    """
    from sdcli.promises import Promises

    require_order(since, until)
    given = str(file.name)
    name = "standard input" if given == _STDIN else given
    with shown("Simulating") as progress:
        found = Promises(desk).simulate(
            file.read(), name, since=since, until=until, progress=progress
        )
    return Simulated(name, found, refs)
