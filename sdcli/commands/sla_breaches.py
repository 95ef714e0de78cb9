"""`sdcli sla breaches`: the register of broken promises (R5b.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import (
    AGREEMENT,
    SERVICE,
    SinceType,
    WhenType,
    as_command,
    pass_desk,
    require_order,
)
from sdcli.render.progress import shown
from sdcli.results.sla import Register
from sdcli.tickets.words import SLA_TARGETS

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk


@as_command("breaches")
@click.option("--since", type=SinceType(), metavar="WHEN", help="Missed from then on, or 30d.")
@click.option("--until", type=WhenType(), metavar="WHEN", help="Missed before then.")
@click.option("--service", type=SERVICE, help="Only of this service.")
@click.option("--agreement", type=AGREEMENT, help="Only under this agreement.")
@click.option("--target", type=click.Choice(SLA_TARGETS), help="Only this target.")
@click.option("--unexplained", is_flag=True, help="Only those without a cause.")
@click.option("--refs", is_flag=True, help="Show the tickets behind each total.")
@pass_desk
def command(
    desk: Desk,
    since: datetime | None,
    until: datetime | None,
    service: str | None,
    agreement: str | None,
    target: str | None,
    *,
    unexplained: bool,
    refs: bool,
) -> Register:
    """List the broken promises: objective, cause, who was told.

    Of all tickets, closed ones too. Nothing is ever taken out: what was said and is no breach by
    what is known now says so, and what was missed and never said is marked. `sdcli sla cause`
    records why.

    \b
    Examples:
        sdcli sla breaches --since 30d --unexplained
        sdcli sla breaches --agreement critical --json
    """
    from sdcli.promises import Promises
    from sdcli.sla.register import Wanted, totals

    require_order(since, until)
    wanted = Wanted(
        since, until, service or "", agreement or "", target or "", unexplained=unexplained
    )
    with shown("Reading") as progress:
        found = Promises(desk).breaches(wanted, progress)
    return Register(found, totals(found), since, until, refs)
