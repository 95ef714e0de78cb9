"""`sdcli sla deliver`: what is owed and due now is sent (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.sla import Delivering

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("deliver")
@click.option(
    "--again", is_flag=True, help="Also what was given up, and what waits for another time."
)
@pass_desk
def command(desk: Desk, again: bool) -> Delivering:
    """Bring to people what is due now.

    `sla-check` does this itself each time; this is for the hours between, and for after something
    was mended. Messages that failed are tried again when their time has come, with --again at
    once. Only one process of a desk delivers at a time. Exits 0 whatever it finds.

    \b
    Examples:
        sdcli sla deliver
        sdcli sla deliver --again
    """
    from sdcli.notices import Notices

    return Delivering(Notices(desk).deliver(again=again))
