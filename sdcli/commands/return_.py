"""`sdcli return`: send a handed-over ticket back (R3d2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_at, with_reason, with_ref
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("return", writes=True)
@with_ref
@with_reason
@with_at
@pass_desk
def command(desk: Desk, ref: str, reason: str) -> results.Changed:
    """Send a handed-over ticket back, saying what is missing.

    It goes to the queue it came from. Only before it has been accepted.

    \b
    Example:
        sdcli return SD-42 --reason 'which building, and since when?'
    """
    return results.Changed(desk.see(desk.change(ref, steps.send_back, reason=reason)))
