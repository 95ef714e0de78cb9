"""`sdcli history`: what happened to a ticket (R3d1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_ref
from sdcli.results.shown import History

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("history")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> History:
    """Show what happened to a ticket, in order.

    What was taken back stays here, and says so.

    \b
    Example:
        sdcli history SD-42
    """
    ticket = desk.ledger.get(ref)
    return History(ref, ticket.events, ticket.undone)
