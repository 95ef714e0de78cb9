"""`sdcli show`: everything about one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemShown
    from sdcli.results.shown import Shown


@as_command("show")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> Shown | ProblemShown:
    """Show everything about a ticket.

    A problem is shown as `sdcli problem show` does.

    \b
    Example:
        sdcli show SD-42
    """
    from sdcli.showing import shown

    return shown(desk, ref)
