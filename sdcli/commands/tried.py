"""`sdcli tried`: everything that was tried on a ticket, so that nobody asks twice (R3d1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.shown import TriedList


@as_command("tried")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> TriedList:
    """Show everything that was tried on a ticket, and by whom.

    Steps, fixes and procedures with what came of them, articles looked up and used, questions
    that the caller has answered already.

    \b
    Example:
        sdcli tried SD-42
    """
    from sdcli.incidents import Incidents

    return Incidents(desk).tried(ref)
