"""Handing a ticket from one team to another: what the next one must know, and what comes back.

A queue may have a checklist (`needs` in catalog/teams.yaml): what its team must know before it can
begin (R3d2.1). What is known of a ticket already is taken from it; what nobody can say is recorded as
missing, and the receiving team accepts the ticket or sends it back with what it lacks (R3d2.1a).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.tickets import steps
from sdcli.tickets.event import Accepted, Assigned, Detailed, Escalated, Opened, Reopened, Returned
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import HandOver, HandOverGround


class Checklist(Struct, frozen=True, kw_only=True):
    """What a queue needs of a ticket, and how much of it there is.

    Args:
        queue: the one that needs it.
        known: the items that are known, with what is known of each.
        missing: those that nobody could answer; `unsaid`: those of which nobody has spoken.
    """

    queue: str
    known: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """What the team would begin without."""
        return (*self.missing, *self.unsaid)


def checklist(
    ticket: Ticket,
    queue: str,
    needs: Mapping[str, str],
    *,
    said: Mapping[str, str] | None = None,
    unknown: Iterable[str] = (),
) -> Checklist:
    """What is known of a ticket by the items that a queue needs, in their order.

    `said` goes before what was known; of what is `unknown` somebody said that nobody knows it.
    """
    told, given_up = known_items(ticket) | dict(said or {}), frozenset(unknown)
    known = {item: told[item] for item in needs if told.get(item) and item not in given_up}
    return Checklist(
        queue=queue,
        known=known,
        missing=tuple(item for item in needs if item in given_up),
        unsaid=tuple(item for item in needs if item not in known and item not in given_up),
    )


def known_items(ticket: Ticket) -> dict[str, str]:
    """Everything a ticket says that an item of a checklist may be called by.

    Facts of the caller and of monitoring, the fields it came with, the details of the request by
    their names (`last-worked` and `last_worked` are the same), and what earlier hand-overs said. What
    comes later goes before what came earlier; that something is unknown is no answer, and what a team
    sent back as missing must be said again.
    """
    opening = ticket.opening
    facts, request = opening.alert, opening.request
    said: list[Mapping[str, str]] = [
        {
            "site": opening.site,
            "unit": opening.unit,
            "phone": opening.phone,
            "mail": opening.mail,
            "component": facts.component if facts else "",
            "environment": facts.environment if facts else "",
        },
        opening.fields,
        request.told() if request else {},
    ]
    for event in ticket.standing:
        if isinstance(event, Detailed):
            said.append(event.request.told())
        elif isinstance(event, Escalated):
            said.append(event.items)
        elif isinstance(event, Returned):
            said.append(dict.fromkeys(event.missing, _REFUSED))
    told: dict[str, str] = {}
    for name, text in ((name, text) for part in said for name, text in part.items()):
        if text == _REFUSED:
            told.pop(_spelt(name), None)
        elif text.strip() and text.strip().casefold() != UNKNOWN:
            told[_spelt(name)] = text.strip()
    return told | {name.replace("-", "_"): text for name, text in told.items()}


_REFUSED = "\0"
"""In the place of what a team could not use: it must be said again."""


def sent_back(ticket: Ticket) -> tuple[str, Returned] | None:
    """The queue that sent a ticket back last, with its word; None if it was handed on since."""
    found, queue = None, ticket.opening.queue
    for event in ticket.standing:
        if isinstance(event, Returned):
            found = (queue, event)
            queue = event.to
        elif isinstance(event, Escalated):
            found, queue = None, event.to
        elif isinstance(event, Assigned):
            queue = event.queue
    return found


def came_back(ticket: Ticket) -> str:
    """That it was sent back, by whom, and why, in a sentence; empty if it was not."""
    found = sent_back(ticket)
    if found is None:
        return ""
    queue, event = found
    missing = f"; missing: {', '.join(event.missing)}" if event.missing else ""
    return f"{queue} sent it back ({event.reason}){missing}."


def _spelt(name: str) -> str:
    return name.casefold().replace("_", "-")


def require_items(queue: str, needs: Mapping[str, str], given: Iterable[str]) -> tuple[str, ...]:
    """The items of a queue's checklist, as the desk's files spell them.

    Raises:
        NoSuchEntryError: one of them is not on it.
    """
    spelling = {_spelt(name): name for name in needs}
    found = []
    for name in given:
        item = spelling.get(_spelt(name))
        if item is None:
            place = f"the checklist of {queue} (`needs` in catalog/teams.yaml)"
            raise NoSuchEntryError("item", name, needs, place)
        found.append(item)
    return tuple(dict.fromkeys(found))


def hand_over(
    ticket: Ticket,
    stamp: Stamp,
    *,
    to: str,
    reason: str,
    tiers: Callable[[str], int],
    needs: Mapping[str, str],
    kind: HandOver | None = None,
    ground: HandOverGround | None = None,
    said: Mapping[str, str],
    unknown: Iterable[str] = (),
    demands: bool = False,
) -> tuple[AnyEvent, ...]:
    """Hand a ticket to another queue, with what its team needs to know (R3d2.1).

    `needs` is the queue's checklist; for `said` and `unknown` see `checklist`. `ground`: why it cannot
    stay where it is. `demands`: refuse it while nobody has spoken of an item.

    Raises:
        RefusedError: see `steps.escalate`; or an item was not spoken of, and the desk demands that.
    """
    events = steps.escalate(
        ticket, stamp, to=to, reason=reason, tiers=tiers, hand_over=kind, ground=ground
    )
    found = checklist(ticket, to, needs, said=said, unknown=unknown)
    if ticket.is_problem:  # it has no caller who could be asked: what is said is all there is
        found = Checklist(queue=to, known=dict(said), missing=tuple(unknown))
    if demands and found.unsaid:
        wanted = "; ".join(f"{item} ({needs[item]})" for item in found.unsaid)
        ways = " ".join(f"--item {item}=TEXT" for item in found.unsaid)
        raise RefusedError(
            f"{ticket.ref} cannot go to {to} without {wanted}. Add {ways}, or --unknown ITEM for what "
            "nobody knows (hand_over in catalog/process.yaml).",
            ref=ticket.ref,
            queue=to,
            missing=list(found.unsaid),
        )
    return tuple(
        replace(event, items=found.known, missing=found.lacking)
        if isinstance(event, Escalated)
        else event
        for event in events
    )


def returned(
    ticket: Ticket, stamp: Stamp, *, reason: str, missing: tuple[str, ...] = ()
) -> tuple[AnyEvent, ...]:
    """Send a handed-over ticket back, with the items of the checklist that it lacks (R3d2.1a).

    Raises:
        RefusedError: see `steps.send_back`.
    """
    return tuple(
        replace(event, missing=missing) if isinstance(event, Returned) else event
        for event in steps.send_back(ticket, stamp, reason=reason)
    )


def lacks(ticket: Ticket, needs: Mapping[str, str]) -> tuple[str, ...]:
    """What the team that has a ticket needs and nobody has said yet, in the order of its checklist.

    Of a ticket that came back it is what the team that returned it lacked; `needs` is theirs then.
    """
    if ticket.is_problem or ticket.is_closed:
        return ()
    found = sent_back(ticket)
    if found:
        known = known_items(ticket)
        return tuple(item for item in needs if item in found[1].missing and item not in known)
    return checklist(ticket, ticket.queue, needs).lacking


def has_accepted(ticket: Ticket, person: str) -> bool:
    """Whether somebody works on a ticket that they took on themselves, and nothing has moved since."""
    if ticket.assignee != person or ticket.handed_from or ticket.status != "in_progress":
        return False
    moves = (Accepted, Assigned, Escalated, Returned, Reopened)
    last = next((event for event in reversed(ticket.standing) if isinstance(event, moves)), None)
    return isinstance(last, Accepted) and last.by == person


def queues_of(ticket: Ticket) -> tuple[str, ...]:
    """The queues that a ticket has lain in, one after the other."""
    found: list[str] = []
    for event in ticket.standing:
        if isinstance(event, Opened | Assigned):
            queue = event.queue
        elif isinstance(event, Escalated | Returned):
            queue = event.to
        else:
            continue
        if not found or queue != found[-1]:
            found.append(queue)
    return tuple(found)


def ping_pong(ticket: Ticket) -> int:
    """How often a ticket came back to a queue that it had been in before (R3d2.1a).

    Whether it was returned, handed over again or put back makes no difference to the caller.
    """
    queues = queues_of(ticket)
    return len(queues) - len(set(queues))
