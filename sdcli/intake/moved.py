"""Tickets from elsewhere: JSON Lines into finished histories, each brought in once (T25).

A line holds `events`, as `sdcli export` writes them, and `source`, which names the ticket in the
system it comes from. An event needs no `id`. Times and authors stay; nothing is said to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from sdcli.errors import ImportFileError, Problem, SdcliError
from sdcli.tickets.event import AnyEvent, Imported, Stamp, instant, new_id
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sdcli.ledger.interface import Reader, Writer
    from sdcli.tickets.ticket import Ticket

_OWN = "sdcli:"


class Arrival(Struct, frozen=True):
    """One ticket to bring in: its name elsewhere, its reference there if it had one, its events."""

    source: str
    ref: str
    events: tuple[AnyEvent, ...]


class Moved(Struct, frozen=True):
    """What became of one ticket of an import; `is_new` is false if it was here already."""

    source: str
    ref: str
    is_new: bool


def read(lines: Iterable[bytes], name: str) -> list[Arrival]:
    """The tickets of a file; `name` stands for it in what is said.

    Raises:
        ImportFileError: lines cannot be taken, all of them listed.
    """
    found: dict[str, Arrival] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            arrival = _arrival(line)
        except (ValueError, TypeError, RecursionError, SdcliError) as error:
            problems.append(Problem(name, number, str(error)))
            continue
        if found.setdefault(arrival.source, arrival) is not arrival:
            said = f"the source {arrival.source!r} is there twice"
            problems.append(Problem(name, number, said))
    if problems:
        raise ImportFileError(problems)
    return list(found.values())


def _arrival(line: bytes) -> Arrival:
    """The ticket of a line.

    Raises:
        ValueError, TypeError, IllegalStepError: it is none, or its events do not follow on.
    """
    row = msgspec.json.decode(line, type=dict[str, Any])
    given = row.get("events")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError("it has no list of events")
    first_id = given[0].get("id") if given else None
    source = row.get("source") or (f"{_OWN}{first_id}" if first_id else "")
    if not isinstance(source, str) or not source.strip():
        raise ValueError("it has no source, and its first event no id")
    events = msgspec.convert([_event(each) for each in given], type=tuple[AnyEvent, ...])
    ref = row.get("ref")
    fold("The ticket", events)
    return Arrival(source.strip(), ref if isinstance(ref, str) else "", events)


def _event(given: dict[str, Any]) -> dict[str, Any]:
    """An event with its instants in UTC and whole seconds, and with an id."""
    times = {name: instant(given[name]) for name in ("at", "until", "due") if given.get(name)}
    if "at" not in times:
        raise ValueError("an event has no instant `at`")
    return {"id": new_id(times["at"]), **given, **times}


def bring(
    writer: Writer,
    arrivals: Sequence[Arrival],
    stamp: Stamp,
    progress: Callable[[int, int], None],
) -> list[Moved]:
    """Record what is not here yet, in the order of the file."""
    moved = []
    for done, arrival in enumerate(arrivals, 1):
        known = known_here(writer, arrival)
        if known is None:
            mark = Imported(*stamp.mark(), source=arrival.source)
            ticket = writer.create((*arrival.events, mark))
            moved.append(Moved(arrival.source, ticket.ref, is_new=True))
        else:
            moved.append(Moved(arrival.source, known.ref, is_new=False))
        progress(done, len(arrivals))
    return moved


def known_here(reader: Reader, arrival: Arrival) -> Ticket | None:
    """The ticket as it is here already: brought in before, or never gone from here."""
    known = reader.by_source(arrival.source)
    if known is None and arrival.ref:
        try:
            own = reader.get(arrival.ref)
        except SdcliError:
            return None
        known = own if own.events[0].id == arrival.events[0].id else None
    return known
