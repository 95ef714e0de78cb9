"""`sdcli sla-check`: which targets are near or past, each said once (R5b.1-R5b.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk

_LESSONS = 50
"""Closed tickets learned in one run: less than a second, and nothing once it has caught up."""


@as_command("sla-check")
@click.option("--nagios", is_flag=True, help="Print the desk's state as a monitoring plug-in does.")
@click.option("--time-boxes", is_flag=True, help="Also say where a tier has tried for too long.")
@click.option("--dry-run", is_flag=True, help="Do not remember what was said.")
@pass_desk
def command(
    desk: Desk, nagios: bool, time_boxes: bool, dry_run: bool
) -> results.Checked | results.Monitored:
    """Say which targets are near or past, each once.

    Meant for cron: it is silent unless there is something new. A warning at 80 % and a breach
    are each said once, with the people who should hear it; how often it runs makes no
    difference. With --time-boxes it also says once where a tier has tried for longer than
    catalog/classification.yaml lets it before it escalates. Exits 0 whatever it finds; with
    --nagios exits 0, 1, 2 or 3 as monitoring expects, and remembers nothing.

    \b
    Example:
        * * * * *  sdcli --desk /srv/desk sla-check --time-boxes
    """
    if nagios and time_boxes:
        raise click.UsageError("--nagios counts targets alone; --time-boxes goes without it.")
    if nagios:
        return desk.clock_counts()
    missed = desk.missed_check()
    alerts, settle = desk.sla_alerts(record=not dry_run, time_boxes=time_boxes)

    def settled(said: bool) -> None:
        settle(said)
        if said and not dry_run:  # last, so that it can neither stop nor delay an alarm
            desk.learn(_LESSONS)

    return results.Checked(alerts, recorded=not dry_run, settle=settled, missed_s=missed)
