"""What usually comes next, by where a ticket stands: help that teaches the process (R0.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.insight.recurring import Candidate
    from sdcli.results.tickets import Seen
    from sdcli.tickets.ticket import Ticket


def usual(seen: Seen) -> list[str]:
    """What usually comes next at an instant: first of all a decision, where one is needed."""
    ticket, rooms = seen.ticket, seen.rooms
    if ticket.support and rooms and not ticket.is_closed:
        from sdcli.tickets.support import blocks  # noqa: PLC0415 - few tickets are unsupported

        if blocks(ticket, rooms, seen.now):
            away = ticket.support.device and ticket.queue != rooms.devices
            hand = f"sdcli escalate {ticket.ref} --to {rooms.devices} --reason WHY"
            return [*([hand] if away else []), *undecided(ticket.ref)]
    of_new = ticket.type == "new-service" and ticket.status in ("new", "in_progress")
    usually = _of_new_service(ticket) if of_new else next_steps(ticket)
    return [*_expected(seen), *usually]


def _expected(seen: Seen) -> list[str]:
    """That the caller does not know when to expect it, or waits in vain (R3d3.2)."""
    if seen.ticket.eta is None:
        return []
    from sdcli.tickets.expectation import due  # noqa: PLC0415 - few tickets have any

    ref = seen.ticket.ref
    ways = {
        "untold": f"sdcli tell {ref} --note   # the caller does not know when to expect it",
        "passed": f"sdcli eta {ref} WHEN --reason WHY --told   # the time has passed",
    }
    wrong = due(seen.ticket, seen.now)
    return [ways[wrong]] if wrong else []


def undecided(ref: str) -> list[str]:
    """What to do with what the catalog does not hold before anybody works on it (R2b.2)."""
    return [
        f"sdcli support {ref} --override --by PERSON --reason WHY --until WHEN",
        f"sdcli support {ref} --decline --reason WHY",
    ]


def next_steps(ticket: Ticket) -> list[str]:
    """A few commands a person would usually type now."""
    ref = ticket.ref
    if ticket.status == "closed" or ticket.is_problem:
        return usual_of(ticket) if ticket.is_problem else []
    if ticket.status == "resolved":
        import shlex  # noqa: PLC0415 - only this hint pays for it

        return [
            f"sdcli close {ref} --confirmed-by {shlex.quote(ticket.requester)} --via phone",
            f"sdcli reopen {ref} --reason WHY   # if it is not solved after all",
        ]
    if ticket.type == UNKNOWN or (ticket.service == UNKNOWN and not ticket.support):
        return [f"sdcli classify {ref}"]
    if ticket.status == "waiting":
        return [f"sdcli resume {ref}   # when the {ticket.waiting_for} has acted"]
    if ticket.assignee is None:
        return [f"sdcli accept {ref}", f"sdcli search-kb --ticket {ref}"]
    check = f"sdcli validate {ref} --against RECORD   # is it as monitoring says?"
    walks = _is_walked(ticket)
    return [
        *([check] if ticket.needs_validation else []),
        *([f"sdcli fulfil {ref}"] if _to_fulfil(ticket) else []),
        *([f"sdcli fulfil {ref}   # goes on with its procedure"] if walks else []),
        f"sdcli search-kb --ticket {ref}",
        *([] if walks else [f"sdcli resolve {ref} --code CODE"]),
        f"sdcli escalate {ref} --to QUEUE --reason WHY   # if it needs others",
    ]


def _of_new_service(ticket: Ticket) -> Iterator[str]:
    """What usually comes next where something new is asked for: the filter, then the request."""
    from sdcli.tickets.event import RequestFiltered  # noqa: PLC0415 - few tickets ask for it

    if ticket.change_status:
        yield f"sdcli rfc {ticket.ref} --status STATUS   # what change control says"
    elif any(isinstance(each, RequestFiltered) for each in ticket.standing):
        yield f"sdcli rfc {ticket.ref}   # complete the request for change"
    else:
        yield f"sdcli filter {ticket.ref}   # whether it may be offered at all"
    if ticket.assignee is None:
        yield f"sdcli accept {ticket.ref}"


def _to_fulfil(ticket: Ticket) -> bool:
    """Whether a procedure is to be followed, and none was begun yet (R3b.1)."""
    if ticket.type != "fulfilment":
        return False
    from sdcli.tickets.event import FulfilmentStarted  # noqa: PLC0415 - few requests are

    return not any(isinstance(event, FulfilmentStarted) for event in ticket.standing)


def _is_walked(ticket: Ticket) -> bool:
    """Whether a procedure is followed that nobody has ended (R3b.2)."""
    from sdcli.tickets.event import FulfilmentEnded, FulfilmentStarted  # noqa: PLC0415 - as above

    ends = (FulfilmentStarted, FulfilmentEnded)
    last = next((event for event in reversed(ticket.standing) if isinstance(event, ends)), None)
    return isinstance(last, FulfilmentStarted)


def usual_of(ticket: Ticket) -> list[str]:
    """What usually comes next on a problem: its incidents, its cause, the known error (R3d1.7)."""
    ref = ticket.ref
    if ticket.is_closed:
        return []
    if not ticket.incidents:
        return [f"sdcli problem link {ref} INCIDENT"]
    if not (ticket.cause and ticket.workaround):
        return [f"sdcli problem analyse {ref} --cause TEXT --workaround TEXT"]
    if not ticket.known_error:
        return [f"sdcli problem known-error {ref}"]
    return [f"sdcli problem close {ref} --code CODE   # when its cause is gone"]


def command_for(found: Candidate) -> str:
    """The command that opens a problem for a candidate."""
    import shlex  # noqa: PLC0415 - only candidates pay for it

    from sdcli.render.safe import line  # noqa: PLC0415 - as above

    summary = shlex.quote(line(found.examples[0]))
    refs = " ".join(f"--incident {ref}" for ref in found.refs)
    return f"sdcli problem open {summary} {refs}"
