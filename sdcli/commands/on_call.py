"""`sdcli on-call`: who is on duty, until when, and why (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, WhenType, as_command, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.people import Duties


@as_command("on-call")
@click.argument("queue", metavar="[QUEUE]", type=QUEUE, required=False)
@click.option("--at", type=WhenType(), metavar="WHEN", help="At another time than now.")
@click.option("--weeks", type=click.IntRange(1, 53), help="Also the shifts of so many weeks.")
@pass_desk
def command(desk: Desk, queue: str | None, at: datetime | None, weeks: int | None) -> Duties:
    """Say who is on call for each queue, until when and why, and who is the duty manager.

    Rotations, absences and overrides are in catalog/teams.yaml; who is absent is passed over, and
    the answer says so, with file and line. Times are those of the desk's zone.

    \b
    Examples:
        sdcli on-call
        sdcli on-call network --at '2026-12-24 18:00'
        sdcli on-call --weeks 4 --json
    """
    from sdcli.notices import Notices

    return Notices(desk).duties(queue, at, weeks or 0)
