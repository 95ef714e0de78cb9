"""`sdcli sla deliveries`: what is owed to people, and what did not arrive (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.sla import Deliveries

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("deliveries")
@click.option("--failed", is_flag=True, help="Only what has failed at least once.")
@pass_desk
def command(desk: Desk, failed: bool) -> Deliveries:
    """See what is owed to people, and what did not arrive.

    For each alert, route and person: how often it was tried, why it failed, and when it is tried
    next. What was given up is shown until its ticket is closed. What arrived is in the history of
    its ticket.

    \b
    Examples:
        sdcli sla deliveries
        sdcli sla deliveries --failed --json
    """
    from sdcli.notices import Notices

    rows = [each for each in Notices(desk).pending() if each.attempts or not failed]
    return Deliveries(rows, failed=failed)
