"""When a caller may expect it: what was said, whether they were told, and what has passed (R3d3.2).

A time that was said and not told, or changed and not told anew, is worth nothing to the caller; so
it is remembered until somebody tells them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import RefusedError
from sdcli.tickets.event import EtaGiven, Noted
from sdcli.tickets.steps import require
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

Due: TypeAlias = Literal["untold", "passed"]
"""What is wrong with an expectation: the caller does not know of it, or it has passed."""


class Expectation(Struct, frozen=True, kw_only=True):
    """What a caller may expect of a ticket.

    Args:
        eta: the instant, in UTC; `reason`: why it is another one than before.
        told: whether the caller was told of this instant; `via`: how.
        changes: how often it became another one.
    """

    eta: datetime
    reason: str = ""
    told: bool = False
    via: str = UNKNOWN
    changes: int = 0


def expectation(ticket: Ticket) -> Expectation | None:
    """What the caller may expect by the events of a ticket; None if nobody said anything."""
    found: Expectation | None = None
    for event in ticket.standing:
        if type(event) is not EtaGiven:
            continue
        same = found is not None and found.eta == event.eta
        found = Expectation(
            eta=event.eta,
            reason=event.reason or (found.reason if found and same else ""),
            told=event.told or bool(found and same and found.told),
            via=event.via if event.told else found.via if found and same else UNKNOWN,
            changes=(found.changes if found else 0) + (found is not None and not same),
        )
    return found


def due(ticket: Ticket, now: datetime) -> Due | None:
    """What is wrong with the expectation of a ticket at an instant; None if nothing is, or it is over.

    That it has passed goes first: then a new one is owed.
    """
    if ticket.eta is None or ticket.status in ("resolved", "closed"):
        return None
    found = expectation(ticket)
    if found is None:
        return None
    return "passed" if found.eta <= now else None if found.told else "untold"


def due_said(ticket: Ticket, now: datetime) -> str:
    """The same in a sentence; empty if nothing is wrong."""
    wrong, found = due(ticket, now), expectation(ticket)
    if wrong is None or found is None:
        return ""
    when = f"{found.eta:%Y-%m-%d %H:%M} UTC"
    if wrong == "passed":
        return f"it was expected by {when}, and that has passed"
    anew = "anew " if found.changes else ""
    return f"it is expected by {when}, and the caller has not been told {anew}of it"


def expect(
    ticket: Ticket,
    stamp: Stamp,
    *,
    eta: datetime | None,
    reason: str = "",
    told: bool = False,
    via: str = "",
    text: str = "",
    sent_to: str = "",
) -> tuple[AnyEvent, ...]:
    """Say when the caller may expect it, or that they were told (R3d3.2).

    Without `eta` it is the one that holds. What the caller was told is a word of the desk, and noted
    as `text`, or in plain words (T12).

    Raises:
        RefusedError: that is past, changes what was said without a reason, says nothing new, or
            nothing was said that the caller could have been told.
        IllegalStepError: the ticket is closed, or is a problem.
    """
    require("eta_given", ticket, "eta")
    known = expectation(ticket)
    instant = eta or (known.eta if known else None)
    if instant is None:
        raise RefusedError(
            f"{ticket.ref} has no expected time yet: `sdcli eta {ticket.ref} WHEN --told` says one.",
            ref=ticket.ref,
        )
    if instant <= stamp.at:
        past = f"{instant:%Y-%m-%d %H:%M} UTC is already past"
        raise RefusedError(
            f"{ticket.ref} cannot be expected by then: {past}. Name a time to come.", ref=ticket.ref
        )
    changes = known is not None and known.eta != instant
    if changes and known and not reason:
        raise RefusedError(
            f"{ticket.ref} was expected by {known.eta:%Y-%m-%d %H:%M} UTC: another time needs --reason "
            "WHY.",
            ref=ticket.ref,
            eta=f"{known.eta:%Y-%m-%dT%H:%M:%SZ}",
        )
    if known and not changes and (known.told or not told):
        raise RefusedError(
            f"{ticket.ref} is expected by {known.eta:%Y-%m-%d %H:%M} UTC already"
            f"{', and the caller was told' if known.told else '; --told says that the caller knows'}.",
            ref=ticket.ref,
        )
    given = EtaGiven(*stamp.mark(), eta=instant, reason=reason, told=told, via=via or UNKNOWN)
    if not told:
        return (given,)
    said = text or f"to be expected by {instant:%Y-%m-%d %H:%M} UTC"
    return (Noted(*stamp.mark(), text=said, visible=True, sent_to=sent_to), given)
