"""`sdcli reopen`: it was not solved after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk, with_at, with_reason, with_ref
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("reopen")
@with_ref
@with_reason
@with_at
@pass_desk
def command(desk: Desk, ref: str, reason: str) -> results.Changed:
    """Reopen a ticket that was not solved after all.

    \b
    Example:
        sdcli reopen SD-42 --reason 'it is back since this morning'
    """
    return results.Changed(desk.see(desk.change(ref, steps.reopen, reason=reason)))
