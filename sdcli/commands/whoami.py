"""`sdcli whoami`: who acts, in which roles, and what they may do (R0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TECHNICIAN, as_command, pass_desk
from sdcli.results.people import WhoActs

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("whoami")
@click.option("--person", type=TECHNICIAN, help="Somebody else.")
@pass_desk
def command(desk: Desk, person: str | None) -> WhoActs:
    """Say who acts, in which roles, and what they may do.

    Roles and levels are in catalog/teams.yaml, what is demanded for what in catalog/process.yaml. What
    somebody may not do is told with what it needs and who could.

    \b
    Examples:
        sdcli whoami
        sdcli whoami --person tariq
    """
    from sdcli.policy.authority import rights
    from sdcli.sla.duty import on_call_now

    who, queues = person or desk.by, desk.policy.teams.queues
    now = int(desk.now.timestamp())
    return WhoActs(
        person=who,
        known=desk.policy.teams.technicians.get(who),
        queues=[name for name, each in queues.items() if who in each.members],
        leads=[name for name, each in queues.items() if each.lead == who],
        on_call=[name for name in queues if on_call_now(desk.policy, name, now).person == who],
        rights=rights(desk.policy, desk.process, who),
    )
