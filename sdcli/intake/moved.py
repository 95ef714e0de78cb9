"""Tickets from elsewhere: JSON Lines into finished histories, each brought in once (T25).

A line holds `events`, as `sdcli export` writes them, and `source`, which names the ticket in the
system it comes from. An event needs no `id`. Times and authors stay; nothing is said to anybody.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import ImportFileError, Problem, SdcliError
from sdcli.intake.convert import DEEPEST, is_deep
from sdcli.tickets.event import (
    AnyEvent,
    Imported,
    IncidentLinked,
    Linked,
    Merged,
    Opened,
    ProblemLinked,
    SlaReapplied,
    Stamp,
    instant,
    new_id,
)
from sdcli.tickets.problems import link
from sdcli.tickets.query import Query
from sdcli.tickets.relations import INVERSE, linked
from sdcli.tickets.ticket import came_until, fold
from sdcli.tickets.words import PROBLEM, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sdcli.ledger.interface import Reader, Writer
    from sdcli.tickets.relations import Relation
    from sdcli.tickets.ticket import Ticket

OWN = "sdcli:"
"""How the source of a ticket begins that went from one desk to another."""
_DEEPEST = DEEPEST + 8
"""A payload as deep as `open` takes is a few levels down in its line."""
_A_LOOK_UP = 10
"""So many tickets are looked through while one is looked up by its source."""
_INSTANTS = ("at", "until", "due", "entered")


class Arrival(Struct, frozen=True):
    """One ticket to bring in: its name elsewhere, and its events."""

    source: str
    events: tuple[AnyEvent, ...]


class Moved(Struct, frozen=True):
    """What became of one ticket of an import; `is_new` is false if it was here already.

    `links_left_out`: how many of its links lead to what is not here. `known_until`: the last
    instant of what it came with before; None if it is new, or began here.
    """

    source: str
    ref: str
    is_new: bool
    links_left_out: int = 0
    known_until: datetime | None = None


class Known(NamedTuple):
    """What a ticket is called here, and the last instant of what it came with; empty if it is new."""

    ref: str = ""
    until: datetime | None = None


def read(lines: Iterable[bytes], name: str) -> list[Arrival]:
    """The tickets of a file; `name` stands for it in what is said.

    Raises:
        ImportFileError: lines cannot be taken, all of them listed.
    """
    found: dict[str, Arrival] = {}
    problems: list[Problem] = []
    is_json = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        is_json = is_json or line.lstrip()[:1] in (b"{", b"[")
        try:
            arrival = _arrival(line)
        except (ValueError, TypeError, RecursionError, SdcliError) as error:
            problems.append(Problem(name, number, str(error)))
            continue
        if found.setdefault(arrival.source, arrival) is not arrival:
            said = f"the source {arrival.source!r} is there twice"
            problems.append(Problem(name, number, said))
    if problems:
        raise ImportFileError(problems if is_json else [_no_json(problems[0], name)])
    return list(found.values())


def _no_json(first: Problem, name: str) -> Problem:
    """What is said of a file in which no line is JSON, which nobody mends line by line."""
    said = (
        "no line is JSON as `sdcli export` writes it; for the CSV of another tool add --from csv "
        "--map MAP.yaml, and `sdcli import --sketch-map` writes a first map"
    )
    return Problem(name, first.line, said)


def _arrival(line: bytes) -> Arrival:
    """The ticket of a line.

    Raises:
        ValueError, TypeError, IllegalStepError: it is none, or its events do not follow on.
    """
    row = msgspec.json.decode(line, type=dict[str, Any])
    if is_deep(row, _DEEPEST):
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
    given = row.get("events")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError("it has no list of events")
    first_id = given[0].get("id") if given else None
    source = row.get("source") or (f"{OWN}{first_id}" if first_id else "")
    if not isinstance(source, str) or not source.strip():
        raise ValueError("it has no source, and its first event no id")
    events = msgspec.convert([_event(each) for each in given], type=tuple[AnyEvent, ...])
    if not all(event.id for event in events) or len({e.id for e in events}) < len(events):
        raise ValueError("an event has an empty id, or that of another")
    fold("The ticket", events)
    return Arrival(source.strip(), events)


def _event(given: dict[str, Any]) -> dict[str, Any]:
    """An event with its instants in UTC and whole seconds, and with an id."""
    times = {name: _instant(name, given[name]) for name in _INSTANTS if given.get(name)}
    if "at" not in times:
        raise ValueError("an event has no instant `at`")
    return {"id": new_id(times["at"]), **given, **times}


def _instant(name: str, given: object) -> datetime:
    try:
        return instant(str(given))
    except (ValueError, OverflowError):
        raise ValueError(
            f"`{name}` is {given!r}; write an instant with its zone, like 2026-11-20T10:00:00Z"
        ) from None


def bring(
    writer: Writer,
    arrivals: Sequence[Arrival],
    stamp: Stamp,
    progress: Callable[[int, int], None],
    pinned: Callable[[str], str] = lambda policy: policy,
    *,
    tier: Callable[[str], int] = lambda _: 0,
) -> list[Moved]:
    """Record what is not here yet, in the order of the file.

    `pinned` gives the service levels that a ticket is pinned to here, by those of elsewhere; `tier`
    that of the queue that received it, where it does not say so itself (R3d1.8).
    """
    moved: list[Moved] = []
    total = 2 * len(arrivals)
    known_ones = known_here(writer, arrivals, progress)
    for done, (arrival, known) in enumerate(known_ones, len(arrivals) + 1):
        ref = known.ref
        if not ref:
            mark = Imported(*stamp.mark(), source=arrival.source)
            events = (_repinned(event, pinned, tier) for event in arrival.events)
            ref = writer.create((*events, mark)).ref
        moved.append(Moved(arrival.source, ref, is_new=not known.ref, known_until=known.until))
        progress(done, total)
    _link_anew(writer, arrivals, moved, stamp)
    left_out = _relate_anew(writer, arrivals, moved, stamp)
    return [replace(each, links_left_out=left_out.get(each.ref, 0)) for each in moved]


def _relate_anew(
    writer: Writer, arrivals: Sequence[Arrival], moved: Sequence[Moved], stamp: Stamp
) -> dict[str, int]:
    """Link tickets to one another as they were elsewhere; how many links of each lead nowhere (R7.3).

    A merge is a link between duplicates here: the mail and alerts of elsewhere do not come here.
    """
    here = {arrival.events[0].id: each.ref for arrival, each in zip(arrivals, moved, strict=True)}
    left_out: dict[str, int] = {}
    for arrival, each in zip(arrivals, moved, strict=True):
        for relation, opening, why in _relations(arrival.events) if each.is_new else ():
            known = here.get(opening, "")
            found = writer.get(known) if known else writer.by_source(f"{OWN}{opening}")
            if found is None or found.void or found.ref == each.ref:
                left_out[each.ref] = left_out.get(each.ref, 0) + 1
                continue
            pair = (writer.get(each.ref), found)
            _relate(writer, stamp, pair, relation, why)
    return left_out


def _relate(
    writer: Writer, stamp: Stamp, pair: tuple[Ticket, Ticket], relation: Relation, why: str
) -> None:
    """Link two tickets both ways, where they are not linked so already."""
    one, other = pair
    if other.ref in linked(one, relation):
        return
    first = Linked(
        *stamp.mark(), relation=relation, to=other.ref, opening=other.opening.id, why=why
    )
    writer.append(one, (first,))
    inverse, opening = INVERSE[relation], one.opening.id
    second = Linked(*stamp.mark(), relation=inverse, to=one.ref, opening=opening, why=why)
    writer.append(writer.get(other.ref), (second,))


def _relations(events: Sequence[AnyEvent]) -> list[tuple[Relation, str, str]]:
    """What a ticket was to others elsewhere, as it went from there: each with their opening."""
    names = {event.to: event.opening for event in events if isinstance(event, Linked)}
    into = {event.into: event.opening for event in events if isinstance(event, Merged)}
    if not (names or into):
        return []
    before = fold("The ticket", events)
    found = [(each.relation, names.get(each.to, ""), each.why) for each in before.links]
    if before.merged_into:
        found.append(("duplicate-of", into[before.merged_into], "merged before it came here"))
    return found


def _link_anew(
    writer: Writer, arrivals: Sequence[Arrival], moved: Sequence[Moved], stamp: Stamp
) -> None:
    """Link what came here to the problems and incidents that are here too, both ways (R7.3).

    The references of elsewhere mean nothing here; the id of an opening is the same everywhere.
    What is not here is not linked: it will be, when it comes.
    """
    here = {arrival.events[0].id: each.ref for arrival, each in zip(arrivals, moved, strict=True)}
    for arrival, each in zip(arrivals, moved, strict=True):
        for opening in _linked_to(arrival.events) if each.is_new else ():
            known = here.get(opening)
            other = writer.get(known) if known else writer.by_source(f"{OWN}{opening}")
            own = writer.get(each.ref)
            if other is None or other.is_problem == own.is_problem:
                continue
            problem, incident = (own, other) if own.is_problem else (other, own)
            pair = link(problem, incident, stamp, why="linked before it was brought here")
            if pair.of_problem:
                writer.append(problem, pair.of_problem)
                writer.append(incident, pair.of_incident)


def _linked_to(events: Sequence[AnyEvent]) -> list[str]:
    """The ids of the openings of what a ticket was linked to elsewhere, as it went from there."""
    names: dict[str, str] = {}
    for event in events:
        if isinstance(event, ProblemLinked):
            names[event.problem] = event.opening
        elif isinstance(event, IncidentLinked):
            names[event.incident] = event.opening
    if not names:
        return []
    before = fold("The ticket", events)
    return [names[ref] for ref in (*before.problems, *before.incidents) if names[ref]]


def _repinned(
    event: AnyEvent, pinned: Callable[[str], str], tier: Callable[[str], int]
) -> AnyEvent:
    """An event that names service levels of this desk: those of elsewhere are not known here."""
    if type(event) is Opened:
        received = event.tier or (0 if event.record == PROBLEM else tier(event.queue))
        return replace(event, policy=pinned(event.policy), tier=received)
    if type(event) is SlaReapplied:
        return replace(event, policy=pinned(event.policy))
    return event


def known_here(
    reader: Reader, arrivals: Sequence[Arrival], progress: Callable[[int, int], None]
) -> list[tuple[Arrival, Known]]:
    """Each with what it is here, if it was brought in before or never went away; else with nothing.

    A ticket that went to another desk and comes back is known by its first event. `progress` is
    told as of half the work.
    """
    brought = _brought(reader, arrivals, lambda done: progress(done, 2 * len(arrivals)))
    found = [(arrival, brought.get(arrival.source, Known())) for arrival in arrivals]
    strangers = {arrival.events[0].id for arrival, known in found if not known.ref}
    if not any(arrival.source.startswith(OWN) for arrival, known in found if not known.ref):
        return found
    everybody = reader.find(Query(statuses=STATUSES, record="", void=True))
    home = {
        ticket.events[0].id: Known(ticket.ref)
        for ticket in everybody
        # An import that was taken back can be brought in again.
        if ticket.events[0].id in strangers and not (ticket.void and ticket.imported_at)
    }
    return [
        (arrival, known if known.ref else home.get(arrival.events[0].id, known))
        for arrival, known in found
    ]


def _brought(
    reader: Reader, arrivals: Sequence[Arrival], progress: Callable[[int], None]
) -> dict[str, Known]:
    """What was imported before of these, by its source: one by one, or all in one pass."""
    tickets: Iterator[Ticket | None]
    if len(arrivals) * _A_LOOK_UP < reader.count():
        tickets = (reader.by_source(arrival.source) for arrival in arrivals)
    else:
        tickets = iter(reader.by_sources({arrival.source for arrival in arrivals}))
    found: dict[str, Known] = {}
    most, done = len(arrivals), 0
    for ticket in tickets:
        done = min(done + 1, most)
        if ticket:
            found[ticket.source] = Known(ticket.ref, came_until(ticket))
        progress(done)
    for rest in range(done + 1, most + 1):
        progress(rest)
    return found
