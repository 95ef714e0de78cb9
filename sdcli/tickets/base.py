"""What all events share: an id, the instant, who acts, and how a ticket is changed by one.

The kinds themselves stand in `tickets.event` and in the modules that it names.
"""

from __future__ import annotations

import itertools
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.tickets.ticket import Ticket

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: sorts as it reads
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


FIRST_YEAR, LAST_YEAR = 1971, 2200
"""The years an event may be in; clocks reckon some years beyond an instant."""
_sequence = itertools.count()


_E = TypeVar("_E", bound="Event")
_ACT = 8  # the last characters of an id, which say of which act the event is


def new_id(at: datetime, act: int | None = None) -> str:
    """An id that sorts by time and is unique across machines.

    48 bits of milliseconds, 16 of a sequence that keeps one process's ids in order, 24 of chance,
    40 of the act: all events of one command end alike, so that they can be taken back together.
    """
    since_1970, sequence = int(at.timestamp() * 1000), next(_sequence) & 0xFFFF
    chance, own = int.from_bytes(os.urandom(3), "big"), new_act() if act is None else act
    number = since_1970 << 80 | sequence << 64 | chance << 40 | own
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def new_act() -> int:
    """What marks the events of one act, and of no other: 40 bits of chance."""
    return int.from_bytes(os.urandom(5), "big")


def act_of(event: Event) -> str:
    """Which act an event belongs to: the events of one command, on however many tickets."""
    return event.id[-_ACT:]


def act_name(act: int) -> str:
    """How the ids of the events of an act end: what `act_of` gives for each of them."""
    return "".join([_PAIRS[act >> shift & 1023] for shift in (30, 20, 10, 0)])


def of_act(events: Iterable[_E], act: str) -> list[_E]:
    """The events of an act among others, in their order.

    What a command tells of a ticket is what it added itself: others may have added something in
    the same second, and then the ids of both have no order.
    """
    return [each for each in events if act_of(each) == act]


class Stamp(Struct, frozen=True):
    """Who acts, and when: what every event of one command shares. Instants are UTC.

    `entered`: when it is entered, if it happened before that. `act`: what marks the events of one
    command; without it each event is an act of its own.
    """

    at: datetime
    by: str
    entered: datetime | None = None
    act: int | None = None

    def mark(self) -> tuple[str, datetime, str, datetime | None]:
        """The first four fields of a new event."""
        return new_id(self.entered or self.at, self.act), self.at, self.by, self.entered


class Event(Struct, frozen=True, tag_field="kind", omit_defaults=True, forbid_unknown_fields=True):
    """What all events share: a unique id, the instant in UTC, and the acting person.

    `entered`: when it was entered, if that was later than it happened.
    """

    id: str
    at: datetime
    by: str
    entered: datetime | None = None

    def apply(self, ticket: Ticket) -> Ticket:
        """The ticket after this event; by default nothing but the event itself is new."""
        return ticket


class Edition(Struct, frozen=True):
    """A knowledge article at one revision: what somebody was shown or sent (R3a.2a)."""

    id: str
    revision: str


def with_key(kept: tuple[str, ...], key: str, *, holds: bool) -> tuple[str, ...]:
    """The keys with this one among them, or without it; the same tuple where nothing changes."""
    if holds == (key in kept):
        return kept
    return (*kept, key) if holds else tuple(each for each in kept if each != key)


def marked(ticket: Ticket, *marks: str) -> tuple[str, ...]:
    """The ticket's marks with these, each once; empty ones are none."""
    new = tuple(mark for mark in marks if mark and mark not in ticket.marks)
    return ticket.marks + new


def kind(event: Event) -> str:
    """The word for an event's kind, as in JSON."""
    return str(event.__struct_config__.tag)


def instant(text: str) -> datetime:
    """An ISO 8601 instant with `Z` or an offset, as UTC with whole seconds.

    Raises:
        ValueError: not ISO 8601, without an offset, or in a year that no clock shows.
    """
    at = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError(text)
    at = at.astimezone(timezone.utc).replace(microsecond=0)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(text)
    return at
