"""How well a request was dealt with: what somebody found who looked at it afterwards (R5a.1, R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec.structs import replace

from sdcli.tickets import keys
from sdcli.tickets.base import Event, marked

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

CheckAnswer: TypeAlias = Literal["yes", "no", "n/a"]
"""What may be said of one check of a review; `n/a`: it does not apply."""
CHECK_ANSWERS: tuple[CheckAnswer, ...] = get_args(CheckAnswer)


class Reviewed(Event, frozen=True, tag="reviewed", kw_only=True):
    """Somebody who did not work on it looked at how it was dealt with (R5a.1, R6.4).

    Args:
        checks: what was found, by the ids of the checklist.
        checklist: the version of the checklist, which tells what the ids stood for.
        sample: the name of the sample that it was drawn in; empty if in none.
        note: what was seen besides.
    """

    checks: dict[str, CheckAnswer]
    checklist: str
    sample: str = ""
    note: str = ""

    @property
    def percent(self) -> int | None:
        """How much of what applies was as it should be, in percent; None if nothing applies."""
        said = [answer for answer in self.checks.values() if answer != "n/a"]
        return round(100 * said.count("yes") / len(said)) if said else None

    def apply(self, ticket: Ticket) -> Ticket:
        """Found by the month of the review from now on; the request itself is as it was."""
        return replace(ticket, marks=marked(ticket, keys.REVIEWED, keys.reviewed(self.at)))
