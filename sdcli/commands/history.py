"""`sdcli history`: what happened to a ticket (R3d1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("history")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> results.History:
    """Show what happened to a ticket, in order.

    \b
    Example:
        sdcli history SD-42
    """
    return results.History(ref, desk.ledger.get(ref).events)
