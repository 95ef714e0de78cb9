"""`sdcli reopen`: it was not solved after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_at, with_reason, with_ref
from sdcli.results.intake import Opened
from sdcli.results.tickets import Changed
from sdcli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("reopen", writes=True)
@with_ref
@with_reason
@with_at
@pass_desk
def command(desk: Desk, ref: str, reason: str) -> Changed | Opened:
    """Reopen a ticket that was not solved after all.

    Its agreement says what its clocks do: they go on, begin anew, or a new ticket continues it
    (on_reopen in sla_policies.yaml). One that was closed too long ago (reopen_within in
    catalog/process.yaml) is continued by a new ticket.

    \b
    Example:
        sdcli reopen SD-42 --reason 'it is back since this morning'
    """
    from sdcli.closing import Closings

    taken, why = Closings(desk).reopen(ref, reason)
    if isinstance(taken, Ticket):
        return Changed(desk.see(taken))
    seen = desk.see(taken.ticket) if taken.ticket else None
    return Opened(taken, seen, notes=[f"{ref} stays as it is: {why}"])
