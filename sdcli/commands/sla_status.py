"""`sdcli sla status`: whether the clocks are checked, and what is said arrives (R5b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.sla import SlaStatus


@as_command("status")
@pass_desk
def command(desk: Desk) -> SlaStatus:
    """Say whether the clocks are checked, and by which policies.

    When `sla-check` last ran, and whether that is too long ago by `alerts: check_every` of
    sla_policies.yaml; how many alerts are owed to people or were given up; and how many tickets
    that are not closed are pinned to which service levels.

    \b
    Example:
        sdcli sla status --json
    """
    from sdcli.promises import Promises

    return Promises(desk).status()
