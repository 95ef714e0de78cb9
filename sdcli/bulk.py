"""One command on many tickets, as one unit of work: on all of them, or on none.

What `sdcli bulk` calls. First the command is rehearsed on each ticket, so that a person sees what
would happen and where it is refused; nothing is locked while they think. Then it is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import NothingTakenError, RefusedError
from sdcli.finding import Finding
from sdcli.ledger.again import wholly_again
from sdcli.results.lists import BulkDone, BulkPreview
from sdcli.tickets.query import pressing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.desk import Desk
    from sdcli.tickets.ticket import Ticket

    Runs = Callable[[str], object]
    """Runs the command on the ticket with a reference."""

_SHOWN = 10
"""So many refusals are told in a sentence; there may be thousands."""


class Refusal(NamedTuple):
    """A ticket on which the command does not apply, and why."""

    ref: str
    why: str


class Bulk:
    """A command, and the tickets that a query asks for."""

    def __init__(self, desk: Desk, query: str, runs: Runs, *, everything: bool) -> None:
        self._desk = desk
        self._finding = Finding(desk, query, everything=everything)
        self._runs = runs

    def rehearse(self) -> BulkPreview:
        """What would happen on each ticket, the most pressing first; nothing is recorded."""
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - one command's

        desk = self._desk
        require_may(desk.policy, desk.process, desk.by, "bulk", "change many tickets at once")
        tickets = pressing(self._finding.tickets())
        refused: list[Refusal] = []
        with desk.together(rehearses=True) as unit:
            for ticket in tickets:
                try:
                    self._runs(ticket.ref)
                except NothingTakenError:
                    raise
                except RefusedError as error:
                    refused.append(Refusal(ticket.ref, error.message))
            added = unit.added()
        out = {each.ref for each in refused}
        return BulkPreview(
            [ticket for ticket in tickets if ticket.ref not in out],
            [(ticket, event) for ticket, event in added if ticket.ref not in out],
            [(each.ref, each.why) for each in refused],
        )

    @wholly_again
    def do(self, tickets: Sequence[Ticket], refused: Sequence[tuple[str, str]]) -> BulkDone:
        """Do it on these tickets, where the query still asks for them; `refused` are left out.

        Raises:
            RefusedError: one of them does not let it happen by now; nothing was recorded.
        """
        left: list[str] = []
        with self._desk.together() as unit:
            with unit.write():
                for ticket in tickets:
                    if not self._finding.matches(unit.get(ticket.ref)):
                        left.append(ticket.ref)
                        continue
                    try:
                        self._runs(ticket.ref)
                    except RefusedError as error:
                        error.also("Nothing was changed on any ticket.")
                        raise
            done = unit.added()
        return BulkDone(done, left, refused)


def require_all(preview: BulkPreview, *, skip: bool) -> None:
    """Refuse where the command does not apply to some tickets, unless those are to be left out.

    Raises:
        RefusedError: it names them, and why.
    """
    if not preview.refused or skip:
        return
    few = preview.refused[:_SHOWN]
    more = len(preview.refused) - len(few)
    lines = "".join(f"\n  {ref}: {why}" for ref, why in few)
    rest = f"\n  and {more} more" if more else ""
    number = len(preview.refused) + len(preview.tickets)
    raise RefusedError(
        f"{len(preview.refused)} of {number} tickets refuse it, so nothing was changed; "
        f"--skip-refused leaves them out:{lines}{rest}",
        refused=[ref for ref, _ in preview.refused],
    )
