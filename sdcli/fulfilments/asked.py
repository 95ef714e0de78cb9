"""What one run of `sdcli fulfil` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.fulfilment.walk import StepDone, Verified
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.fulfilment import Fulfilled
    from sdcli.tickets.ticket import Ticket

ALL = "all"
"""In place of a prerequisite: every one of them."""


class Asked(Struct, frozen=True, kw_only=True):
    """What one run of `sdcli fulfil` says.

    Args:
        procedure: what to follow, by its id; empty: what fits.
        none: no procedure fits, for this `reason`.
        met, not_met: prerequisites by their names.
        scheduled: for when it is begun, in UTC.
        steps: what became of steps; `all_done`: all that are left were done.
        run: start its program; `again`: though it has done its part already.
        end: end it like this, with what is `verified`.
        minutes: the effort, in minutes.
        goes_on: only go on with what is followed; begin nothing.
    """

    procedure: str = ""
    none: bool = False
    reason: str = ""
    met: tuple[str, ...] = ()
    not_met: tuple[str, ...] = ()
    scheduled: datetime | None = None
    steps: tuple[StepDone, ...] = ()
    all_done: bool = False
    run: bool = False
    again: bool = False
    end: Fulfilled | None = None
    verified: Verified = Verified()
    minutes: int = 0
    goes_on: bool = False

    @property
    def is_more(self) -> bool:
        """Whether it says what only a walk can have: steps, a program, an end."""
        return bool(self.steps or self.all_done or self.run or self.end)

    @property
    def begins(self) -> bool:
        """Whether it says what belongs to a beginning."""
        return bool(self.procedure or self.met or self.not_met or self.scheduled)


def amended(asked: Asked, **more: Any) -> Asked:
    """What one run says, with something more."""
    return replace(asked, **more)


def prerequisites(ticket: Ticket, what: Instructions, asked: Asked) -> dict[str, YesNo]:
    """Whether each prerequisite is met, as far as somebody said.

    Raises:
        NoSuchEntryError: there is none of this name.
        RefusedError: one is not met.
    """
    known = what.prerequisites
    require_prerequisites(what, asked)
    met = set(known) if ALL in asked.met else set(asked.met)
    missing = [name for name in known if name in asked.not_met or ALL in asked.not_met]
    if missing:
        told = "; ".join(f"{name} ({' '.join(known[name].split())})" for name in missing)
        raise RefusedError(
            f"{what.id} cannot begin for {ticket.ref}: not met is {told}. `sdcli wait {ticket.ref} "
            "--for other` waits for it.",
            ref=ticket.ref,
            procedure=what.id,
            not_met=missing,
        )
    return {name: "yes" if name in met else UNKNOWN for name in known}


def require_prerequisites(what: Instructions, asked: Asked) -> None:
    """Refuse what is said of prerequisites that it does not have.

    Raises:
        NoSuchEntryError: there is none of this name.
    """
    known = what.prerequisites
    for name in (*asked.met, *asked.not_met):
        if name not in known and name != ALL:
            raise NoSuchEntryError("prerequisite", name, known, what.place.rpartition(":")[0])
