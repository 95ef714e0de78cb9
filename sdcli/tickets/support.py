"""What the catalog does not hold: how a ticket about it stands, and what may be done (R2b.2).

Nobody works on such a ticket before somebody with the authority has decided for it, nor after
that decision has run out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.errors import RefusedError
from sdcli.tickets.event import (
    Accepted,
    Assigned,
    ChangeRequested,
    Classified,
    Closed,
    Escalated,
    FixApplied,
    Noted,
    RequestFiltered,
    Resolved,
    Resumed,
    Returned,
    SupportDecided,
    TroubleshootingStepped,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sdcli.tickets.contact import Support
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

State: TypeAlias = Literal[
    "unsupported",
    "unsupported-overridden",
    "unsupported-expired",
    "unsupported-declined",
    "unsupported-shut-down",
    "supported",
]
"""Undecided, worked on against the rule (R2b.2a), no longer so, declined, to be shut down; and
`supported` where the catalog held it after all."""

_STATES: dict[str, State] = {
    "undecided": "unsupported",
    "override": "unsupported-overridden",
    "decline": "unsupported-declined",
    "shut-down": "unsupported-shut-down",
}
_WORK = (
    Accepted,
    Assigned,
    Closed,
    FixApplied,
    Resolved,
    Resumed,
    TroubleshootingStepped,
    Waited,
)
_DECIDES = (SupportDecided, RequestFiltered, ChangeRequested)
"""A decision about it is no work: what is to become of it, also as something new (R3c1.1, R3c3.2)."""


def state(support: Support, now: datetime) -> State:
    """How a request about something that the catalog does not hold stands at an instant."""
    if support.found:
        return "supported"
    expired = support.decision == "override" and support.until is not None and support.until <= now
    return "unsupported-expired" if expired else _STATES[support.decision]


def is_unsupported(ticket: Ticket) -> bool:
    """Whether the ticket is about something that the catalog does not hold, whatever was decided."""
    return ticket.support is not None and not ticket.support.found


class Rooms(NamedTuple):
    """The queue of those who deal with devices that nobody authorised, and that of the desk."""

    devices: str
    desk: str


def blocks(ticket: Ticket, rooms: Rooms, now: datetime) -> bool:
    """Whether work must wait for a decision: there is none, it ended, or it was against it.

    Those who deal with devices that nobody authorised need no leave for one (R2b.2d).
    """
    support = ticket.support
    if support is None:
        return False
    stands = state(support, now)
    if support.device and stands == "unsupported":
        return ticket.queue != rooms.devices
    return stands in ("unsupported", "unsupported-expired", "unsupported-declined")


def require_supported(
    ticket: Ticket, events: Iterable[AnyEvent], rooms: Rooms, now: datetime, *, held: str = ""
) -> None:
    """Refuse work on what the catalog does not hold, unless it was decided for (R2b.2).

    A decision among the `events` brings its own steps along; a device may be handed to those
    who deal with devices, and anything back to the desk. `held` is the service by which the catalog
    holds it by now.

    Raises:
        RefusedError: one of them is work, and work must wait.
    """
    known = ticket.support
    if known is None or not blocks(ticket, rooms, now):
        return
    steps = tuple(events)
    decided = any(isinstance(event, _DECIDES) for event in steps)
    handed = rooms.devices if known.device and state(known, now) == "unsupported" else ""
    if decided or not any(_is_work(event, handed, rooms.desk) for event in steps):
        return
    if held and not known.device:
        raise RefusedError(
            f"{ticket.ref} is about {known.what!r}, which the catalog holds by now: `sdcli classify "
            f"{ticket.ref} --service {held}` says so, and work goes on.",
            ref=ticket.ref,
            service=held,
            support=state(known, now),
        )
    hand = f"sdcli escalate {ticket.ref} --to {handed} --reason WHY"
    first = f"Next:\n    {hand}   # to those who deal with devices" if handed else "Next:"
    raise RefusedError(
        f"{ticket.ref} is about {known.what!r}, which the catalog does not hold, and "
        f"{_why(known, now)}. {first}\n"
        f"    sdcli support {ticket.ref} --override --by PERSON --reason WHY --until WHEN\n"
        f"    sdcli support {ticket.ref} --decline --reason WHY\n"
        f"    sdcli classify {ticket.ref} --service SERVICE   # if the catalog holds it",
        ref=ticket.ref,
        support=state(known, now),
    )


def _is_work(event: AnyEvent, handed: str, desk: str) -> bool:
    """Whether an event is work; to bring the ticket where it belongs is none."""
    if isinstance(event, Returned):
        return event.to not in (handed, desk)
    if isinstance(event, Escalated):
        return event.to != handed
    if isinstance(event, Assigned) and event.to is None:
        return event.queue != handed
    return isinstance(event, _WORK) or (isinstance(event, Noted) and event.minutes > 0)


def _why(support: Support, now: datetime) -> str:
    stands = state(support, now)
    if stands == "unsupported-expired" and support.until:
        return f"the override by {support.authorised_by} ended {support.until:%Y-%m-%d %H:%M}Z"
    if stands == "unsupported-declined":
        return "support was declined"
    return "nobody has decided whether to work on it"


def minutes_on(ticket: Ticket) -> tuple[tuple[datetime, int], ...]:
    """When minutes were booked on something that the catalog does not hold, and how many (R2b.2b).

    What was booked before that was recognised is time spent on it too; what was booked after
    the request was classified to a service of the catalog is not.
    """
    if ticket.support is None:
        return ()
    booked: list[tuple[datetime, int]] = []
    known: Support | None = None
    service = ticket.opening.service
    for event in ticket.standing:
        minutes = getattr(event, "minutes", 0)
        if minutes and not (known and known.found):
            booked.append((event.at, minutes))
        if type(event) is SupportDecided:
            known = event.support
        elif type(event) is Classified:
            known = known and known.classified(service, event.service, event.reason)
            service = event.service
    return tuple(booked)
