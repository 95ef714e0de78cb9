"""Changing a classification: how it was discovered, and who must hear of it (R3d1.5, R3d1.5a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection

    from sdcli.tickets.event import Classified
    from sdcli.tickets.ticket import Ticket

CLASSES = ("type", "service", "feature")
LEVELS = ("impact", "urgency")


def changed(ticket: Ticket, event: Classified) -> tuple[str, ...]:
    """The fields that were decided before, and are decided otherwise now.

    What was unknown is no mistake; a feature that goes with its service is none of its own.
    """
    moved = event.service != ticket.service
    return tuple(
        field
        for field in (*CLASSES, *LEVELS)
        if getattr(ticket, field) not in (UNKNOWN, getattr(event, field))
        and not (field == "feature" and moved)
    )


def require_discovery(
    ticket: Ticket, fields: Collection[str], *, discovered: str, reason: str
) -> None:
    """Refuse to change what was decided without a word on how the mistake was found (R3d1.5).

    Another impact or urgency needs a reason only (R2c.2e).

    Raises:
        RefusedError: it is not said how it was discovered, or what showed it.
    """
    wrong = [field for field in fields if field in CLASSES]
    if reason and (discovered or not wrong):
        return
    if not fields:
        return
    was = ", ".join(f"{field} {getattr(ticket, field)}" for field in fields)
    how = "--discovered HOW it was found to be wrong, and " if wrong else ""
    raise RefusedError(
        f"{ticket.ref} is decided already: {was}. To change that, add {how}--reason WHAT-SHOWS-IT.",
        ref=ticket.ref,
        decided={field: getattr(ticket, field) for field in fields},
    )
