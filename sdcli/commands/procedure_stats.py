"""`sdcli procedure stats`: how procedures do, and what to do about them (R3b.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import PROCEDURE, as_command, pass_desk, require_order, with_period

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.fulfilment import ProcedureStatistics


@as_command("stats")
@click.argument("procedures", metavar="[ID]...", type=PROCEDURE, nargs=-1)
@with_period
@pass_desk
def command(
    desk: Desk, procedures: tuple[str, ...], since: datetime | None, until: datetime | None
) -> ProcedureStatistics:
    """Count how procedures are used, and what to do about them.

    Of each: how often it was begun, fulfilled, failed or left off, the usual time it took against
    what it says, in working time, how often it took longer, and whether it was right. Without an ID
    also what should be improved, what to retire, enhance and publish, and for which tickets none
    fitted.

    \b
    Examples:
        sdcli procedure stats --since 90d
        sdcli procedure stats unlock-account
    """
    from sdcli.fulfilments.procedures import Procedures

    require_order(since, until)
    return Procedures(desk).statistics(procedures, since=since, until=until)
