"""How help requests belong together: links, and merges (R7.3, T24).

A link stands on both tickets, on each in its own words: who is a parent has a child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.base import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

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
]
"""What the other ticket is to this one; a `caused-by-change` may name a change of the schedule."""

RELATIONS: tuple[Relation, ...] = get_args(Relation)
INVERSE: Mapping[Relation, Relation] = {
    one: other
    for pair in zip(RELATIONS[::2], RELATIONS[1::2], strict=True)
    for one, other in (pair, pair[::-1])
}


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
        requester: who asked for it.
        summary: what it was called.
    """

    source: str
    opening: str = ""
    requester: str = ""
    summary: str = ""
    why: str = ""


def linked(ticket: Ticket, *relations: Relation) -> tuple[str, ...]:
    """What is one of these to a ticket, in the order in which it was said."""
    return tuple(link.to for link in ticket.links if link.relation in relations)


def _without(ticket: Ticket, relation: Relation, to: str) -> tuple[Link, ...]:
    return tuple(link for link in ticket.links if (link.relation, link.to) != (relation, to))
