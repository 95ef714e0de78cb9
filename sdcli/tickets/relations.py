"""How help requests belong together: links, and merges (R7.3, T24).

A link stands on both tickets, on each in its own words: who is a parent has a child. The steps
are in `sdcli.tickets.linking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets import keys
from sdcli.tickets.base import Event, kind, marked
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.tickets.ticket import Ticket

Relation: TypeAlias = Literal[
    "parent",
    "child",
    "duplicate-of",
    "duplicated-by",
    "depends-on",
    "needed-by",
    "split-from",
    "split-into",
    "follow-up-of",
    "follow-up",
    "spun-off-from",
    "spun-off",
    "work-order-of",
    "work-order",
    "caused-by-change",
    "caused",
    "continues",
    "continued-by",
]
"""What the other ticket is to this one; a `caused-by-change` may name a change of the schedule."""

RELATIONS: tuple[Relation, ...] = get_args(Relation)
INVERSE: Mapping[Relation, Relation] = {
    one: other
    for pair in zip(RELATIONS[::2], RELATIONS[1::2], strict=True)
    for one, other in (pair, pair[::-1])
}
SAYS: Mapping[Relation, str] = {
    "parent": "is a part of",
    "child": "is the parent of",
    "duplicate-of": "is a duplicate of",
    "duplicated-by": "is duplicated by",
    "depends-on": "depends on",
    "needed-by": "is needed by",
    "split-from": "was split from",
    "split-into": "was split into",
    "follow-up-of": "is a follow-up of",
    "follow-up": "has the follow-up",
    "spun-off-from": "was spun off from",
    "spun-off": "has spun off",
    "work-order-of": "is a work order of",
    "work-order": "has the work order",
    "caused-by-change": "was caused by",
    "caused": "caused",
    "continues": "continues",
    "continued-by": "is continued by",
}
"""What a ticket is to the other one, as the middle of a sentence about both."""

OWED: Mapping[str, str] = {
    "back-out": "a temporary step is to be backed out",
    "spare": "a spare that was used is to be replaced",
    "rfc": "a request for change is owed",
    "check": "it is to be checked that it does not come back",
    "other": "something else is owed",
}
"""What may be owed after an incident (R3d1.6)."""


class Link(Struct, frozen=True):
    """What another ticket, or a change of the schedule, is to this one.

    `why` says what is owed where it is a follow-up.
    """

    relation: Relation
    to: str
    why: str = ""


class Linked(Event, frozen=True, tag="linked", kw_only=True):
    """Another ticket is something to this one; the other says the inverse.

    Args:
        relation: what it is.
        to: its reference, or the name of a change of the schedule.
        opening: the id of the event that opened it, which is the same on every desk.
        why: why, or what is owed.
    """

    relation: Relation
    to: str
    opening: str = ""
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Among its links, once."""
        others = _without(ticket, self.relation, self.to)
        return replace(ticket, links=(*others, Link(self.relation, self.to, self.why)))


class Unlinked(Event, frozen=True, tag="unlinked", kw_only=True):
    """It is not that to this one after all."""

    relation: Relation
    to: str
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Not among them any more."""
        return replace(ticket, links=_without(ticket, self.relation, self.to))


class Merged(Event, frozen=True, tag="merged", kw_only=True):
    """This ticket goes on in another one: its clocks stop, and what comes for it goes there (T24).

    Args:
        into: the reference of the other one, which says `absorbed`.
        opening: the id of the event that opened it.
    """

    into: str
    opening: str = ""
    why: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """Over as a duplicate; nothing is waited for any more, and its bulletin has ended."""
        return replace(
            ticket,
            merged_into=self.into,
            code="duplicate",
            waiting_for="",
            waiting_until=None,
            bulletin=None,
        )


class Absorbed(Event, frozen=True, tag="absorbed", kw_only=True):
    """Another ticket goes on in this one.

    Args:
        source: the reference of the other one, which says `merged`.
        opening: the id of the event that opened it.
        requester: who asked for it; open tickets of theirs are found by their name.
        summary: what it was called.
        alerts: the keys of its alerts, which are counted here from now on.
    """

    source: str
    opening: str = ""
    requester: str = ""
    summary: str = ""
    why: str = ""
    alerts: tuple[str, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """Found by the alerts and by the caller of the other one as well."""
        person = keys.caller(self.requester) if self.requester not in ("", UNKNOWN) else ""
        return replace(ticket, marks=marked(ticket, *map(keys.absorbed, self.alerts), person))


def linked(ticket: Ticket, *relations: Relation) -> tuple[str, ...]:
    """What is one of these to a ticket, in the order in which it was said."""
    return tuple(link.to for link in ticket.links if link.relation in relations)


def is_ref(to: str) -> bool:
    """Whether a link names a ticket, and no change of the schedule."""
    head, _, number = to.partition("-")
    return head == "SD" and number.isdecimal()


def goes_on(ticket: Ticket, get: Callable[[str], Ticket]) -> Ticket:
    """Where a ticket goes on that was merged, however often; itself if it was not (T24).

    `get` gives the ticket with a reference.
    """
    seen = {ticket.ref}
    while ticket.merged_into and ticket.merged_into not in seen:
        ticket = get(ticket.merged_into)
        seen.add(ticket.ref)
    return ticket


def sources(ticket: Ticket) -> list[str]:
    """The references of what was merged into a ticket; those of elsewhere mean nothing here."""
    found: list[str] = []
    for event in ticket.standing:
        if type(event) is Absorbed:
            found.append(event.source)
        elif found and kind(event) == "imported":
            found.clear()
    return found


def absorbed(ticket: Ticket, get: Callable[[str], Ticket]) -> list[Ticket]:
    """The tickets that go on in this one, those that went on in them too (T24)."""
    found: dict[str, Ticket] = {}
    waiting = [ticket]
    while waiting:
        for ref in sources(waiting.pop()):
            if ref not in (*found, ticket.ref):
                found[ref] = get(ref)
                waiting.append(found[ref])
    return list(found.values())


def still_open(ticket: Ticket, get: Callable[[str], Ticket], *relations: Relation) -> list[Ticket]:
    """The others that are one of these to a ticket, or to what goes on in it, and are not over.

    One that was merged is open as long as that is where it goes on.
    """
    found: dict[str, Ticket] = {}
    for each in (ticket, *absorbed(ticket, get)):
        for to in linked(each, *relations):
            other = goes_on(get(to), get)
            if not (other.is_closed or other.void) and other.ref != ticket.ref:
                found[other.ref] = other
    return list(found.values())


def require_unmerged(ticket: Ticket) -> None:
    """Refuse a step on a ticket that goes on in another one (T24).

    Raises:
        RefusedError: it does; it names the other one, and how the merge is taken back.
    """
    if ticket.merged_into:
        raise RefusedError(
            f"{ticket.ref} was merged into {ticket.merged_into}: work goes on there, and `sdcli "
            f"undo {ticket.ref}` takes the merge back.",
            ref=ticket.ref,
            merged_into=ticket.merged_into,
        )


def _without(ticket: Ticket, relation: Relation, to: str) -> tuple[Link, ...]:
    return tuple(link for link in ticket.links if (link.relation, link.to) != (relation, to))
