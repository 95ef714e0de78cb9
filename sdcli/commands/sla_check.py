"""`sdcli sla-check`: which targets are near or past, each said once (R5b.1-R5b.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk, session_of
from sdcli.results.sla import Checked, Monitored

if TYPE_CHECKING:
    from sdcli.desk import Desk

_LESSONS = 50
"""Closed tickets learned in one run: less than a second, and nothing once it has caught up."""


@as_command("sla-check")
@click.option("--nagios", is_flag=True, help="Print the desk's state as a monitoring plug-in does.")
@click.option("--time-boxes", is_flag=True, help="Also say where a tier has tried for too long.")
@click.option("--dry-run", is_flag=True, help="Do not remember what was said.")
@click.option("--no-deliver", is_flag=True, help="Bring nothing to anybody; it stays owed.")
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    nagios: bool,
    time_boxes: bool,
    dry_run: bool,
    no_deliver: bool,
) -> Checked | Monitored:
    """Say which targets are near or past, each once.

    Meant for cron: it is silent unless there is something new. A warning at 80 % and a breach
    are each said once, with the people who should hear it; how often it runs makes no
    difference. With --time-boxes it also says once where a tier has tried for longer than
    catalog/classification.yaml lets it before it escalates. What it says is then brought to people
    by the routes of sla_policies.yaml, and what failed before is tried again. A resolved ticket that
    nobody confirmed for as long as catalog/process.yaml says is closed. Exits 0 whatever it
    finds, and 8 if a ticket could not be checked, or what is to be closed; with --nagios exits 0,
    1, 2 or 3 as monitoring expects, and remembers nothing.

    \b
    Example:
        * * * * *  sdcli --desk /srv/desk sla-check --time-boxes
    """
    from sdcli.promises import Promises

    if nagios and time_boxes:
        raise click.UsageError("--nagios counts targets alone; --time-boxes goes without it.")
    if nagios:
        return Promises(desk).counts()
    from sdcli.checking import Checks

    missed, checks = Promises(desk).missed_check(), Checks(desk, time_boxes=time_boxes)
    alerts, settle = (checks.rehearsed(), _nothing) if dry_run else checks.alerts()

    def settled(said: bool) -> None:
        settle(said)
        if said and not (dry_run or no_deliver):
            _deliver(desk, quiet=session_of(ctx).json)
        if said and not dry_run:
            _take_in_spooled(desk)
        if said and not dry_run:  # last, so that it can neither stop nor delay an alarm
            from sdcli.classifying import Classification

            Classification(desk).learn(_LESSONS)

    return Checked(
        alerts,
        recorded=not dry_run,
        settle=settled,
        missed_s=missed,
        unchecked=len(desk.unchecked),
    )


def _nothing(said: bool) -> None:
    """A rehearsal has nothing to settle."""


def _take_in_spooled(desk: Desk) -> None:
    """Take in what waits for the ledger on this machine: after the alarms, and as far as it goes."""
    from sdcli.care import Care

    if Care(desk).spooled():
        from sdcli.spooling import Spool

        Spool(desk).deliver_quietly()


def _deliver(desk: Desk, *, quiet: bool) -> None:
    """Bring what is due to people; a failure is told when it is the first or the last."""
    from sdcli.notices import Notices

    notices = Notices(desk)
    outcomes = notices.deliver().outcomes
    if not quiet:
        notices.tell_failures(outcomes)
