"""`sdcli accept`: take a ticket on (R3d2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_at, with_ref
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("accept", writes=True)
@with_ref
@with_at
@pass_desk
def command(desk: Desk, ref: str) -> results.Changed:
    """Take a ticket on.

    After a hand-over this is the receiving queue's word that it has what it needs.

    \b
    Example:
        sdcli accept SD-42
    """
    return results.Changed(desk.see(desk.change(ref, steps.accept)))
