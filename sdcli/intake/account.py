"""The account of a history from another tool: what of it is new, in counts, and what did not fit (T25).

It is kept ticket by ticket, since nobody knows before the desk is asked which tickets are new.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from sdcli.tickets.event import Assigned, Classified, Escalated, Opened, kind
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.errors import Problem
    from sdcli.intake.moved import Arrival, Moved
    from sdcli.tickets.event import AnyEvent

_MOST_UNSAID = 1000
"""So many values of a field are told apart; the others are counted together."""
_OTHERS = "(other values)"
_GUESSED = {
    "twice": "a local time that the clocks showed twice: the first is meant",
    "never": "a local time that the clocks left out: as far after the gap",
}


class Unmapped(Struct, frozen=True):
    """A value that the map does not list, how often it was met, and what it was taken for."""

    field: str
    value: str
    taken_for: str
    times: int


class Strange(Struct, frozen=True):
    """A name that this desk does not have, and how many tickets have it."""

    field: str
    value: str
    tickets: int


class GoneOn(Struct, frozen=True):
    """A ticket that was taken before and has gone on there; `until`: its last instant there."""

    source: str
    ref: str
    until: datetime


class Account(Struct, frozen=True, kw_only=True):
    """What a file held, and what was made of the tickets of it that are new.

    Args:
        rows: how many the file has, whatever they are about.
        known: how many tickets were taken before; `gone_on`: those of them that the file tells
            more of than was taken then.
        since, until: the first and the last instant of an event.
        events, statuses: how many of each kind, and how many tickets end in each state.
        inserted: steps that the histories lack, each `KIND: WHY`; `adjusted`: what could not be
            told as it was, in tickets, and times that are a guess.
        problems: what was left out, with its line; `left_out`: how many tickets or rows.
    """

    rows: int = 0
    tickets: int = 0
    known: int = 0
    gone_on: tuple[GoneOn, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    events: dict[str, int] = {}
    statuses: dict[str, int] = {}
    unmapped: tuple[Unmapped, ...] = ()
    not_here: tuple[Strange, ...] = ()
    inserted: dict[str, int] = {}
    adjusted: dict[str, int] = {}
    left_out: int = 0
    problems: tuple[Problem, ...] = ()


class Tally(Struct):
    """How many steps of a ticket were put in, and what could not be told, each with the reason.

    `notes`: values that the map does not list, as `(field, value, taken for)`; `guesses`: times.
    """

    inserted: Counter[str] = field(default_factory=Counter)
    adjusted: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)


class Told(NamedTuple):
    """A ticket of the file: its events, the state that it ends in, and what was noted of it."""

    arrival: Arrival
    status: str
    inserted: tuple[tuple[str, int], ...]
    adjusted: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, str, str], ...]
    guesses: tuple[str, ...]


def told(arrival: Arrival, status: str, tally: Tally) -> Told:
    """A ticket, with what was noted of it so far."""
    return Told(
        arrival,
        status,
        tuple(tally.inserted.items()),
        tuple(tally.adjusted.items()),
        tuple(tally.notes),
        tuple(tally.guesses),
    )


class Whole(NamedTuple):
    """What is true of a file whatever of it is new."""

    rows: int
    left_out: int
    problems: Sequence[Problem]


def account(
    tickets: Iterable[Told],
    whole: Whole,
    here: Mapping[str, Collection[str]],
    moved: Mapping[str, Moved],
) -> Account:
    """The account of a file; `here` has the queues and services of the desk.

    `moved` says by the source what became of each ticket; what it does not name is new.
    """
    sums, known, gone_on = _Sums(here), 0, []
    for each in tickets:
        became = moved.get(each.arrival.source)
        if became is None or became.is_new:
            sums.add(each)
            continue
        known += 1
        last = max(event.at for event in each.arrival.events)
        if became.known_until and last > became.known_until:
            gone_on.append(GoneOn(became.source, became.ref, last))
    return Account(
        rows=whole.rows,
        tickets=sum(sums.statuses.values()),
        known=known,
        gone_on=tuple(gone_on),
        since=sums.since,
        until=sums.until,
        events=dict(sums.events.most_common()),
        statuses=dict(sums.statuses.most_common()),
        unmapped=tuple(sums.told_unmapped()),
        not_here=tuple(sums.told_strange()),
        inserted=dict(sums.inserted.most_common()),
        adjusted={
            **dict(sums.adjusted.most_common()),
            **{_GUESSED[guess]: count for guess, count in sums.guesses.items()},
        },
        left_out=whole.left_out,
        problems=tuple(whole.problems),
    )


class _Sums:
    """What the tickets that are new come to together."""

    def __init__(self, here: Mapping[str, Collection[str]]) -> None:
        self._here = here
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.events: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.inserted: Counter[str] = Counter()
        self.adjusted: Counter[str] = Counter()
        self.guesses: Counter[str] = Counter()
        self._unmapped: dict[str, Counter[tuple[str, str]]] = {}
        self._strange: Counter[tuple[str, str]] = Counter()

    def add(self, each: Told) -> None:
        """One more ticket."""
        events = each.arrival.events
        self.statuses[each.status] += 1
        self.events.update(kind(event) for event in events)
        self.since = min(self.since or events[0].at, events[0].at)
        self.until = max(self.until or events[-1].at, events[-1].at)
        self.guesses.update(each.guesses)
        for what, count in each.inserted:
            self.inserted[what] += count
        for what, count in each.adjusted:
            self.adjusted[what] += count
        for name, value, taken_for in each.notes:
            self._note(name, value, taken_for)
        self._strange.update(
            name for name in _names(events) if name[1] not in self._here.get(name[0], ())
        )

    def _note(self, name: str, value: str, taken_for: str) -> None:
        """A value that is not in the map; of a field with very many, the later are one."""
        counts = self._unmapped.setdefault(name, Counter())
        if len(counts) >= _MOST_UNSAID and (value, taken_for) not in counts:
            value = _OTHERS
        counts[value, taken_for] += 1

    def told_unmapped(self) -> Iterator[Unmapped]:
        """The values that the map does not list, those of a field together, the most frequent first."""
        for name, values in self._unmapped.items():
            for (value, taken_for), times in values.most_common():
                yield Unmapped(name, value, taken_for, times)

    def told_strange(self) -> Iterator[Strange]:
        """The names that the desk does not have, those of a field together, the most used first."""
        ordered = sorted(self._strange.items(), key=lambda each: (each[0][0], -each[1], each[0][1]))
        for (name, value), tickets in ordered:
            yield Strange(name, value, tickets)


def _names(events: Iterable[AnyEvent]) -> set[tuple[str, str]]:
    """The queues and services that a history names."""
    names: set[tuple[str, str]] = set()
    for event in events:
        if isinstance(event, (Opened, Assigned)):
            names.add(("queue", event.queue))
        elif isinstance(event, Escalated):
            names.add(("queue", event.to))
        if isinstance(event, (Opened, Classified)) and event.service != UNKNOWN:
            names.add(("service", event.service))
    return names
