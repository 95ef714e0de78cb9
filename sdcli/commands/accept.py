"""`sdcli accept`: take a ticket on (R3d2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_at, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("accept", writes=True)
@with_ref
@with_at
@pass_desk
def command(desk: Desk, ref: str) -> Changed:
    """Take a ticket on.

    After a hand-over this is the receiving queue's word that it has what it needs; what its
    checklist names and nobody has said is told.

    \b
    Example:
        sdcli accept SD-42
    """
    from sdcli.queues import Queues

    return Queues(desk).accept(ref)
