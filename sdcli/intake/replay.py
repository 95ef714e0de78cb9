"""A history from another tool: the rows of its CSV file into arrivals, and an account of it (T25).

A row is a whole ticket, or one event of it. All rows are read before anything is recorded. What
cannot be read is listed with its line; then nothing is taken, or everything else is.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from msgspec import Struct, field

from sdcli.errors import ImportFileError, Problem, SdcliError
from sdcli.intake.course import Course, House, Moment, Tally
from sdcli.intake.mapped import Facts, Reading
from sdcli.intake.moved import OWN, Arrival
from sdcli.intake.table import rows
from sdcli.intake.when import Reader
from sdcli.policy.imports import Effort, Word
from sdcli.tickets.event import Assigned, Classified, Escalated, Opened, kind
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sdcli.intake.table import Row
    from sdcli.policy.imports import MapFile

_T = TypeVar("_T")
_R = TypeVar("_R")

_LONGEST = 250
"""The most characters of the name of a ticket in its tool."""
_MOST_KEPT = 10_000
"""So many problems are listed; more are counted."""
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


class Account(Struct, frozen=True, kw_only=True):
    """What a file held, and what was made of it.

    Args:
        since, until: the first and the last instant of an event.
        events, statuses: how many of each kind, and how many tickets end in each state.
        inserted: steps that the histories lack, each `KIND: WHY`; `adjusted`: what could not be
            told as it was, in tickets, and times that are a guess.
        problems: what was left out, with its line; `left_out`: how many tickets or rows.
    """

    rows: int = 0
    tickets: int = 0
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


class Replay(NamedTuple):
    """The tickets of a file, and the account of it."""

    arrivals: list[Arrival]
    account: Account


class Here(NamedTuple):
    """What the desk has: its queues, services, and the words of its lists by field."""

    house: House
    services: Collection[str]
    words: Mapping[str, tuple[str, ...]]
    now: datetime


class _Mishaps:
    """What is wrong with the lines of a file, as far as it is kept."""

    def __init__(self, name: str, *, keep_going: bool) -> None:
        self._name, self._keep_going = name, keep_going
        self.problems: list[Problem] = []
        self.count = 0

    def report(self, line: int, message: str) -> None:
        """Note one; without going on, so many are enough."""
        self.count += 1
        if len(self.problems) < _MOST_KEPT:
            self.problems.append(Problem(self._name, line, message))
        elif not self._keep_going:
            self.refuse()

    def refuse(self) -> None:
        """End it, if anything is wrong.

        Raises:
            ImportFileError: something is.
        """
        if self.problems and not self._keep_going:
            raise ImportFileError(self.problems, ", or leave them out with --keep-going")


class _Tickets(Struct):
    """What has been made of the rows so far."""

    arrivals: dict[str, Arrival] = {}
    rows: int = 0
    events: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    strange: Counter[tuple[str, str]] = field(default_factory=Counter)
    since: datetime | None = None
    until: datetime | None = None


class _Seen(NamedTuple):
    """A row of an event log, read."""

    at: datetime
    sequence: float
    line: int
    source: str
    moment: Moment


def replay(
    file: BinaryIO,
    name: str,
    map_file: MapFile,
    here: Here,
    *,
    keep_going: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Replay:
    """The tickets that a file tells of; `name` stands for it in what is said.

    Raises:
        ImportFileError: lines cannot be taken, all of them listed; with `keep_going`, only if from
            some line on nothing can be read.
        MapError: the map does not fit the file.
    """
    found = rows(
        file,
        name,
        encoding=map_file.map.encoding,
        delimiter=map_file.map.delimiter,
        progress=progress,
    )
    header = next(found, None)
    if header is None or header.problem:
        said = header.problem if header else "it is empty; the first line must name the columns"
        raise ImportFileError([Problem(name, header.line if header else 1, said)])
    reading = Reading(map_file, header.cells, here.words)
    mishaps = _Mishaps(name, keep_going=keep_going)
    return _Replayer(reading, mishaps, here).run(found, len(header.cells))


class _Replayer:
    """The work on one file."""

    def __init__(self, reading: Reading, mishaps: _Mishaps, here: Here) -> None:
        self._reading, self._mishaps, self._here = reading, mishaps, here
        self._clock = Reader(reading.map.times, here.now)
        self._tally, self._done = Tally(), _Tickets()

    def run(self, found: Iterable[Row], columns: int) -> Replay:
        """All rows, and the account of them."""
        sound = self._sound(found, columns)
        if self._reading.map.rows == "event":
            self._log(sound)
        else:
            for row in sound:
                self._try(row.line, self._ticket, row)
        self._mishaps.refuse()
        return Replay(list(self._done.arrivals.values()), self._account())

    def _sound(self, found: Iterable[Row], columns: int) -> Iterator[Row]:
        """The rows that have as many cells as there are columns, and whose cells are text."""
        for row in found:
            self._done.rows += 1
            count = len(row.cells)
            problem = row.problem
            if not problem and count != columns:
                problem = f"it has {count} cells, and there are {columns} columns"
            if problem:
                self._mishaps.report(row.line, problem)
            else:
                yield row

    def _try(self, line: int, step: Callable[[_T], _R], given: _T) -> _R | None:
        """What a step gives; what goes wrong is noted with its line, and gives nothing."""
        try:
            return step(given)
        except (ValueError, TypeError, SdcliError) as error:
            self._mishaps.report(line, str(error))
            return None

    def _log(self, sound: Iterator[Row]) -> None:
        """A log of events: its rows by ticket, each ticket in the order of time."""
        tickets: dict[str, list[_Seen]] = {}
        broken: dict[str, int] = {}
        for row in sound:
            name = self._reading.ticket(row.cells)
            if not name:
                self._mishaps.report(row.line, "it does not say whose event it is")
                continue
            kept = tickets.setdefault(name, [])
            seen = self._try(row.line, self._seen, row)
            if seen is not None:
                kept.append(seen)
            else:
                broken.setdefault(name, row.line)
        for name, line in broken.items():
            others = len(tickets.pop(name))
            if others:
                said = f"the other rows of {name} are left out with this one: {others}"
                self._mishaps.report(line, said)
        for name in list(tickets):
            of_ticket = sorted(tickets.pop(name), key=_in_order)
            self._try(min(each.line for each in of_ticket), self._course, of_ticket)

    def _seen(self, row: Row) -> _Seen:
        """A row of an event log, read.

        Raises:
            ValueError: something in it cannot be read.
        """
        cells, reading = row.cells, self._reading
        at = self._at("at", reading.at(cells))
        number = reading.sequence(cells)
        facts = reading.facts(cells)
        moment = Moment(
            at, row.line, facts, reading.state(cells), reading.minutes(cells), facts.reopened
        )
        return _Seen(at, _number(number), row.line, reading.source(cells), moment)

    def _at(self, what: str, text: str) -> datetime:
        if not text:
            raise ValueError(f"it has no instant for `{what}`")
        try:
            return self._clock.read(text)
        except ValueError as error:
            raise ValueError(f"`{what}`: {error}") from None

    def _course(self, seen: Sequence[_Seen]) -> None:
        """The ticket of rows that are in order.

        Raises:
            ValueError: it has no name, one that another has, or one that cannot be.
        """
        moments = [each.moment for each in seen]
        effort = self._reading.map.fields.minutes
        if isinstance(effort, Effort) and effort.counts == "total":
            moments = _by_row(moments)
        first = moments[0]._replace(facts=_known(moments))
        opened = min(self._opened(moments), first.at)
        source = next((each.source for each in seen if each.source), "")
        self._take(source, opened, first, moments)

    def _opened(self, moments: Sequence[Moment]) -> datetime:
        text = next((m.facts.opened for m in moments if m.facts.opened), "")
        if not text:
            return moments[0].at
        opened = self._at("opened", text)
        if opened > moments[0].at:
            self._tally.adjusted["opened after its first row: opened as of that"] += 1
        return opened

    def _take(
        self, source: str, opened: datetime, first: Moment, moments: Sequence[Moment]
    ) -> None:
        """Make the ticket, and count it.

        Raises:
            ValueError: it has no name, one that another has, or one that cannot be.
            IllegalStepError: its events do not follow on.
        """
        if not source:
            raise ValueError("it has no name: `source` of the map is empty here")
        if source.startswith(OWN) or len(source) > _LONGEST:
            raise ValueError(
                f"{source[:_LONGEST]!r} is no `source`: it begins with {OWN}, or is long"
            )
        if source in self._done.arrivals:
            raise ValueError(f"the source {source!r} is there twice")
        course = Course(source, opened, first, self._here.house, self._tally)
        for moment in moments:
            course.tell(moment)
        arrival = Arrival(source, tuple(course.events))
        fold("The ticket", arrival.events)
        self._done.arrivals[source] = arrival
        self._count(course, arrival)

    def _count(self, course: Course, arrival: Arrival) -> None:
        done, events = self._done, arrival.events
        done.statuses[course.status] += 1
        done.events.update(kind(event) for event in events)
        done.since = min(done.since or events[0].at, events[0].at)
        done.until = max(done.until or events[-1].at, events[-1].at)
        names: set[tuple[str, str]] = set()
        for event in events:
            if isinstance(event, (Opened, Assigned)):
                names.add(("queue", event.queue))
            elif isinstance(event, Escalated):
                names.add(("queue", event.to))
            if isinstance(event, (Opened, Classified)) and event.service != UNKNOWN:
                names.add(("service", event.service))
        known = {"queue": self._here.house.tiers, "service": self._here.services}
        done.strange.update(each for each in names if each[1] not in known[each[0]])

    def _ticket(self, row: Row) -> None:
        """A row that is a whole ticket.

        Raises:
            ValueError: something in it cannot be read, or cannot have been so.
        """
        cells, reading = row.cells, self._reading
        facts, word = reading.facts(cells), reading.state(cells)
        opened = self._at("opened", facts.opened)
        minutes, note = reading.minutes(cells), facts.note
        code = (word.code if word else "") or facts.code
        facts = facts._replace(code=code, note="", visible="")
        moments = self._moments(row.line, facts, word, opened)
        if len(moments) == 1 and facts.assignee:
            moments.append(Moment(opened, row.line, facts))
        if note or minutes:
            told = facts._replace(note=note)
            moments.append(Moment(moments[-1].at, row.line, told, minutes=minutes))
        self._take(reading.source(cells), opened, moments[0], moments)

    def _moments(
        self, line: int, facts: Facts, word: Word | None, opened: datetime
    ) -> list[Moment]:
        """What the instants of a row tell, in the order of time, and its state after them."""
        times = {
            name: self._at(name, text)
            for name in ("responded", "reopened", "resolved", "closed", "updated")
            if (text := getattr(facts, name))
        }
        for name, at in times.items():
            if at < opened and name != "updated":
                raise ValueError(f"it was {name} before it was opened")
        if "closed" in times and times["closed"] < times.get("resolved", opened):
            raise ValueError("it was closed before it was resolved")
        unassigned = facts._replace(assignee="")  # nothing says that it was given to them at once
        moments = [Moment(opened, line, unassigned, _WORDS["new"])]
        for name, at in sorted(times.items(), key=lambda each: (each[1], _ORDER.index(each[0]))):
            if name != "updated":
                moments.append(_moment(name, at, line, facts))
        if word is not None:
            moments += _ends(moments, facts, word, times)
        return moments

    def _account(self) -> Account:
        done, tally, mishaps = self._done, self._tally, self._mishaps
        guesses = {_GUESSED[guess]: count for guess, count in self._clock.guessed.items()}
        unsaid = self._reading.unsaid.found
        return Account(
            rows=done.rows,
            tickets=len(done.arrivals),
            since=done.since,
            until=done.until,
            events=dict(done.events.most_common()),
            statuses=dict(done.statuses.most_common()),
            unmapped=tuple(
                Unmapped(name, value, taken_for, times)
                for name, values in unsaid.items()
                for (value, taken_for), times in values.most_common()
            ),
            not_here=tuple(
                Strange(name, value, tickets)
                for (name, value), tickets in sorted(
                    done.strange.items(), key=lambda each: (each[0][0], -each[1], each[0][1])
                )
            ),
            inserted=dict(tally.inserted.most_common()),
            adjusted={**dict(tally.adjusted.most_common()), **guesses},
            left_out=mishaps.count,
            problems=tuple(mishaps.problems),
        )


_ORDER = ("responded", "resolved", "closed", "reopened", "updated")
"""What came first of one instant."""


def _moment(name: str, at: datetime, line: int, facts: Facts) -> Moment:
    """What an instant of a row tells."""
    if name == "responded":
        note = "Answered, as the tool says that it came from"
        return Moment(at, line, facts._replace(note=note, visible="yes"))
    if name == "reopened":
        return Moment(at, line, facts, _WORDS["in_progress"], mark="yes")
    return Moment(at, line, facts, _WORDS[name])


def _ends(
    moments: Sequence[Moment], facts: Facts, word: Word, times: Mapping[str, datetime]
) -> list[Moment]:
    """The moment at which a row's state came, if its instants have not led there already.

    Raises:
        ValueError: nothing says since when it is resolved or closed.
    """
    reached = next(m.state.status for m in reversed(moments) if m.state)
    if reached == word.status or (reached == "closed" and word.status == "resolved"):
        return []
    if word.status in ("resolved", "closed") and not times.keys() - {"responded", "reopened"}:
        said = f"it is {word.status}, and nothing says since when"
        raise ValueError(f"{said}; map `{word.status}` or `updated`")
    last = moments[-1]
    return [Moment(max(times.get("updated", last.at), last.at), last.line, facts, word)]


_WORDS = {
    "new": Word(status="new"),
    "in_progress": Word(status="in_progress"),
    "resolved": Word(status="resolved"),
    "closed": Word(status="closed"),
}


def _by_row(moments: Sequence[Moment]) -> list[Moment]:
    """The same, each with its own effort, where each has that of the ticket so far."""
    before, found = 0, []
    for moment in moments:
        found.append(moment._replace(minutes=max(0, moment.minutes - before)))
        before = max(before, moment.minutes)
    return found


def _in_order(seen: _Seen) -> tuple[datetime, float, int]:
    return seen.at, seen.sequence, seen.line


def _number(text: str) -> float:
    try:
        return float(text or "0")
    except ValueError:
        raise ValueError(f"`sequence` is {text!r}, which is no number") from None


def _known(moments: Sequence[Moment]) -> Facts:
    """What is known of a ticket from its opening: the first row, and what later ones say first."""
    first = moments[0].facts
    lacking = [name for name in _OF_OPENING if not getattr(first, name)]
    later = {
        name: next((v for m in moments if (v := getattr(m.facts, name))), "") for name in lacking
    }
    return first._replace(**later)


_OF_OPENING = (
    "summary",
    "details",
    "requester",
    "caller_class",
    "phone",
    "mail",
    "unit",
    "site",
    "channel",
)
