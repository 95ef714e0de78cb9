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

    What was taken back stays here, and says so.

    \b
    Example:
        sdcli history SD-42
    """
    ticket = desk.ledger.get(ref)
    return results.History(ref, ticket.events, ticket.undone)
