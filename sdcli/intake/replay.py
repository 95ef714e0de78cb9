"""A history from another tool: the rows of its CSV file into arrivals, and an account of it (T25).

A row is a whole ticket, or one event of it. All rows are read before anything is recorded. What
cannot be read is listed with its line; then nothing is taken, or everything else is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from sdcli.errors import ImportFileError, Problem, SdcliError
from sdcli.intake.account import Account, Tally, Told, Whole, account, told
from sdcli.intake.course import Course, House, Moment
from sdcli.intake.mapped import Facts, Reading
from sdcli.intake.moved import OWN, Arrival
from sdcli.intake.table import rows
from sdcli.intake.when import Reader
from sdcli.policy.imports import Effort, Word
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.intake.moved import Moved
    from sdcli.intake.table import Row
    from sdcli.policy.imports import MapFile

_T = TypeVar("_T")
_R = TypeVar("_R")

_LONGEST = 250
"""The most characters of the name of a ticket in its tool."""
_MOST_KEPT = 10_000
"""So many problems are listed; more are counted."""


class Reject(NamedTuple):
    """A row that was left out, as it was read, and why."""

    line: int
    cells: list[str]
    reason: str


class Replay(NamedTuple):
    """The tickets of a file, what was left out of it, and what the account of it is made from.

    `rejects`: the rows left out, in order, where they were asked for; `header` names their columns.
    """

    told: list[Told]
    whole: Whole
    known: Mapping[str, Collection[str]]
    header: list[str]
    rejects: list[Reject]

    @property
    def arrivals(self) -> list[Arrival]:
        """The tickets, in the order of the file."""
        return [each.arrival for each in self.told]

    def account(self, moved: Iterable[Moved] = ()) -> Account:
        """The account of what is new, by what became of each ticket; all is, where nothing is said."""
        by_source = {each.source: each for each in moved}
        return account(self.told, self.whole, self.known, by_source)


class Here(NamedTuple):
    """What the desk has: its queues, services, and the words of its lists by field."""

    house: House
    services: Collection[str]
    words: Mapping[str, tuple[str, ...]]
    now: datetime


class _Mishaps:
    """What is wrong with the lines of a file, as far as it is kept.

    `keeps_rows`: whether the rows that are left out are kept too.
    """

    def __init__(self, name: str, *, keep_going: bool, keeps_rows: bool) -> None:
        self._name, self._keep_going, self._keeps_rows = name, keep_going, keeps_rows
        self.problems: list[Problem] = []
        self.rejects: list[Reject] = []
        self.count = 0

    def report(self, line: int, message: str, rows: Iterable[Row] = ()) -> None:
        """Note one, and the rows that are left out for it; without going on, so many are enough."""
        self.count += 1
        self.reject(rows, message)
        if len(self.problems) < _MOST_KEPT:
            self.problems.append(Problem(self._name, line, message))
        elif not self._keep_going:
            self.refuse()

    def reject(self, rows: Iterable[Row], why: str) -> None:
        """Rows that are left out."""
        if self._keeps_rows:
            self.rejects += [Reject(each.line, each.cells, why) for each in rows]

    def refuse(self) -> None:
        """End it, if anything is wrong.

        Raises:
            ImportFileError: something is.
        """
        if self.problems and not self._keep_going:
            raise ImportFileError(self.problems, ", or leave them out with --keep-going")


class _Seen(NamedTuple):
    """A row of an event log, read; without its cells, unless they may be needed."""

    at: datetime
    sequence: float
    row: Row
    source: str
    moment: Moment
    notes: tuple[tuple[str, str, str], ...]
    guesses: tuple[str, ...]


def replay(
    file: BinaryIO,
    name: str,
    map_file: MapFile,
    here: Here,
    *,
    keep_going: bool = False,
    keeps_rows: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Replay:
    """The tickets that a file tells of; `name` stands for it in what is said.

    `keeps_rows`: whether the rows that are left out are wanted.

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
    mishaps = _Mishaps(name, keep_going=keep_going, keeps_rows=keeps_rows)
    replayer = _Replayer(reading, mishaps, here, keeps_rows=keeps_rows)
    return replayer.run(found, header.cells)


class _Replayer:
    """The work on one file."""

    def __init__(
        self, reading: Reading, mishaps: _Mishaps, here: Here, *, keeps_rows: bool
    ) -> None:
        self._reading, self._mishaps, self._here = reading, mishaps, here
        self._keeps_rows = keeps_rows
        self._clock = Reader(reading.map.times, here.now)
        self._rows = 0
        self._tally = Tally()
        self._told: dict[str, Told] = {}

    def run(self, found: Iterable[Row], header: list[str]) -> Replay:
        """All rows, and what the account of them is made from."""
        counted = self._counted(found, len(header))
        if self._reading.map.rows == "event":
            self._log(counted)
        else:
            for row in counted:
                if row.problem:
                    self._mishaps.report(row.line, row.problem, [row])
                else:
                    self._try([row], self._ticket, row)
        mishaps, house = self._mishaps, self._here.house
        mishaps.refuse()
        return Replay(
            list(self._told.values()),
            Whole(self._rows, mishaps.count, mishaps.problems),
            {"queue": house.tiers, "service": self._here.services},
            header,
            sorted(mishaps.rejects),
        )

    def _counted(self, found: Iterable[Row], columns: int) -> Iterator[Row]:
        """The rows; one that has not as many cells as there are columns is a problem."""
        for row in found:
            self._rows += 1
            count = len(row.cells)
            if count == columns:
                yield row
            else:
                said = f"it has {count} cells, and there are {columns} columns"
                yield row._replace(problem=row.problem or said, is_even=False)

    def _try(self, rows: Sequence[Row], step: Callable[[_T], _R], given: _T) -> _R | None:
        """What a step gives of these rows; what goes wrong is noted, and gives nothing."""
        self._tally = Tally()
        self._reading.unsaid.clear()
        self._clock.guessed.clear()
        try:
            return step(given)
        except (ValueError, TypeError, SdcliError) as error:
            self._mishaps.report(min(each.line for each in rows), str(error), rows)
            return None

    def _log(self, found: Iterator[Row]) -> None:
        """A log of events: its rows by ticket, each ticket in the order of time.

        A ticket is left out whole if one of its rows is; that of a row whose cells cannot be told
        apart is not known.
        """
        tickets: dict[str, list[_Seen]] = {}
        broken: dict[str, int] = {}
        for row in found:
            name = self._reading.ticket(row.cells) if row.is_even else ""
            if row.problem:
                whose = "" if name else "; whose event it is cannot be told"
                self._mishaps.report(row.line, row.problem + whose, [row])
                seen = None
            elif not name:
                self._mishaps.report(row.line, "it does not say whose event it is", [row])
                continue
            else:
                seen = self._try([row], self._seen, row)
            if seen is not None:
                tickets.setdefault(name, []).append(seen)
            elif name:
                broken.setdefault(name, row.line)
        for name, line in broken.items():
            others = [each.row for each in tickets.pop(name, ())]
            if others:
                said = f"the other rows of {name} are left out with this one: {len(others)}"
                self._mishaps.report(line, said)
                self._mishaps.reject(others, f"left out with line {line}")
        for name in list(tickets):
            of_ticket = sorted(tickets.pop(name), key=_in_order)
            self._try([each.row for each in of_ticket], self._course, of_ticket)

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
        return _Seen(
            at,
            _number(number),
            row if self._keeps_rows else row._replace(cells=[]),
            reading.source(cells),
            moment,
            tuple(reading.unsaid),
            tuple(self._clock.guessed),
        )

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
        for each in seen:
            self._tally.notes += each.notes
            self._tally.guesses += each.guesses
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
        if source in self._told:
            raise ValueError(f"the source {source!r} is there twice")
        course = Course(source, opened, first, self._here.house, self._tally)
        for moment in moments:
            course.tell(moment)
        arrival = Arrival(source, tuple(course.events))
        fold("The ticket", arrival.events)
        self._tally.notes += self._reading.unsaid
        self._tally.guesses += self._clock.guessed
        self._told[source] = told(arrival, course.status, self._tally)

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


_ORDER = ("responded", "resolved", "closed", "reopened", "updated")
"""What came first of one instant."""


def _moment(name: str, at: datetime, line: int, facts: Facts) -> Moment:
    """What an instant of a row tells."""
    if name == "responded":
        note = "Answered there (first response in the source)"
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
    return seen.at, seen.sequence, seen.row.line


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
