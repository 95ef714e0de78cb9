"""Counting: facts of tickets in, numbers out; what was counted apart can be put together.

A sheet holds, for each figure, one cell for each slot of the period and two for each part that it
is split by: before, and now. It does not grow with tickets but for the numbers of which a median is
made, four bytes each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sdcli.insight.counts import MOST_REFS
from sdcli.insight.figures import DIMENSIONS
from sdcli.insight.outages import BULLETIN_DAYS, Stood, announced
from sdcli.insight.reported import Number, Part, Row
from sdcli.intake.before import concerns
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sdcli.insight.facts import Fact
    from sdcli.insight.figures import Figure, Kind
    from sdcli.insight.period import Period

BULLETIN_S = BULLETIN_DAYS * 24 * 3600
_MEDIAN, _P90 = 0.5, 0.9
_FULL = 100
_BEFORE, _NOW = 0, 1
_MOST_S = 2**32 - 1  # 136 years, which is as far as four bytes go


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """A cell as it can be written; `values` are four bytes each."""

    of: int
    sum: int
    values: bytes | None
    refs: list[str]
    others: list[str]


class Cell:
    """What is counted in one slot, or of one part.

    `of`: how many items; `sum`: their numbers; `values`: each of them, where a median is made; `refs`:
    the newest tickets with a number that is not 0; `others`: those with one that is.
    """

    __slots__ = ("of", "others", "refs", "sum", "values")

    def __init__(self, kind: Kind) -> None:
        self.of = self.sum = 0
        self.values: array[int] | None = array("I") if kind in ("spread", "age") else None
        self.refs: list[str] = []
        self.others: list[str] = []

    def add(self, number: int, ref: str) -> None:
        """One item more."""
        self.of += 1
        self.sum += number
        if self.values is not None:
            self.values.append(min(number, _MOST_S))
        refs = self.refs if number else self.others
        if not refs or refs[-1] != ref:
            refs.append(ref)
            if len(refs) > _KEPT:
                del refs[:MOST_REFS]

    def merge(self, other: Cell | Packed, later: int = 0) -> None:
        """What another cell counted, too; each of its numbers has grown by `later` since."""
        if not other.of:
            return
        self.of += other.of
        self.sum += other.sum + later * other.of
        if self.values is not None and other.values is not None:
            found = other.values
            if isinstance(found, bytes):
                found = array("I", found)
            if later:
                found = array("I", [min(value + later, _MOST_S) for value in found])
            self.values.extend(found)
        self.refs = _more(self.refs, other.refs)
        self.others = _more(self.others, other.others)

    def packed(self) -> Packed:
        """The same, as it can be written."""
        values = None if self.values is None else self.values.tobytes()
        return Packed(self.of, self.sum, values, newest(self.refs), newest(self.others))


_KEPT = 2 * MOST_REFS
_MANY = 20 * MOST_REFS
"""So many references are gathered before those that are not the newest are left out."""


def _more(refs: list[str], others: list[str]) -> list[str]:
    refs += others
    return newest(refs) if len(refs) > _MANY else refs


def newest(refs: Iterable[str]) -> list[str]:
    """The newest of these tickets, each once, the oldest of them first."""
    return sorted(set(refs), key=lambda ref: (len(ref), ref))[-MOST_REFS:]


class Call(NamedTuple):
    """A call that a change brought; `names`: by what it can be split."""

    ref: str
    at: int
    outage: str
    service: str
    site: str
    names: dict[str, str]


class Counted(msgspec.Struct, array_like=True):
    """What a sheet has counted, as it can be written and read again.

    Args:
        slots: by figure the cells of the slots; the first is the period before.
        parts: by figure and split the cells of each part, before and now.
    """

    slots: dict[str, list[Packed]]
    parts: dict[str, dict[str, dict[str, tuple[Packed, Packed]]]]
    calls: list[Call]
    bulletins: list[Stood]


class _Line:
    """One figure while it is counted.

    What is alike falls into one cell: items of one slot, of tickets and of their own words that are
    split no further. Slots and parts are made of these cells at the end, since there are far fewer
    of them than items.

    Args:
        splits: by name, how its parts are found: where in an item, or -1 for the ticket's own.
    """

    def __init__(self, figure: Figure, splits: Iterable[str], slots: int) -> None:
        self.figure = figure
        self.takes = figure.takes
        self.kind = figure.kind
        self.is_level = figure.kind in ("level", "age")
        self.splits = [
            (name, 2 + figure.own.index(name) if name in figure.own else -1) for name in splits
        ]
        self._of_ticket = [name for name, place in self.splits if place < 0]
        self._own = [place for _, place in self.splits if place >= 0]
        self._classes: dict[tuple[str, ...], int] = {}
        self._named: list[dict[str, str]] = []
        self.class_of: dict[int, int] = {}
        self._cells: dict[tuple[Any, ...], Cell] = {}
        self.slots = [Cell(figure.kind) for _ in range(slots)]
        self.parts: dict[str, dict[str, tuple[Cell, Cell]]] = {name: {} for name, _ in self.splits}

    def classed(self, kind: int, names: dict[str, str]) -> int:
        """What tickets of a kind have in common with others, as far as this figure is split."""
        said = tuple(names[name] for name in self._of_ticket)
        found = self._classes.get(said)
        if found is None:
            found = self._classes[said] = len(self._named)
            self._named.append(dict(zip(self._of_ticket, said, strict=True)))
        self.class_of[kind] = found
        return found

    def add(self, index: int, class_: int, item: Sequence[Any], number: int, ref: str) -> None:
        """One item more, in a slot."""
        own = self._own
        key = (index, class_, item[2:]) if own else (index, class_)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(self.kind)
        cell.add(number, ref)

    def settle(self) -> None:
        """Put what was counted into slots and parts."""
        last = len(self.slots) - 1
        for key, cell in self._cells.items():
            index, class_ = key[0], key[1]
            self.slots[index].merge(cell)
            if self.is_level and index not in (0, last):
                continue
            names, side = self._named[class_], _NOW if index else _BEFORE
            for split, place in self.splits:
                name = names[split] if place < 0 else key[2][place - 2]
                self.part(split, name)[side].merge(cell)
        self._cells = {}

    def part(self, split: str, name: str) -> tuple[Cell, Cell]:
        """The cells of a part, before and now."""
        parts, name = self.parts[split], name or UNKNOWN
        found = parts.get(name)
        if found is None:
            found = parts[name] = (Cell(self.kind), Cell(self.kind))
        return found


class Sheet:
    """Counts facts.

    Args:
        figures: what to count.
        period: when.
        now: levels are not looked at later than this, in seconds of UTC.
        by: what else every figure is split by, as far as it can be.
    """

    def __init__(
        self, figures: Sequence[Figure], period: Period, now: int, by: Sequence[str] = ()
    ) -> None:
        first = period.since if period.before is None else period.before
        # Between the first two lies the period before; it is empty where there is none.
        self._edges = [first, period.since, *period.edges]
        self._now = now
        self._ends = [min(edge, now) for edge in self._edges[1:]]
        self.start, self.end = first, period.until
        self._not_later = [0] * len(self._ends)
        slots = len(period.edges) + 1
        self._lines = [_Line(each, splits_of(each, by), slots) for each in figures]
        self._plain = [line for line in self._lines if not line.figure.of_calls]
        self._of_calls = [line for line in self._lines if line.figure.of_calls]
        self._calls: list[Call] = []
        self._bulletins: list[Stood] = []
        self._dimensions = list(DIMENSIONS.items())
        self._kinds: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}

    def stood(self, bulletins: Iterable[Stood]) -> None:
        """Bulletins, whichever ticket they are of."""
        self._bulletins.extend(bulletins)

    def take(self, fact: Fact, only: str = "") -> None:
        """Count one ticket; for one figure alone if that is named."""
        if fact.opened >= self.end:
            return
        kind, names = self._kind(fact)
        for line in self._plain:
            items = line.takes(fact) if only in ("", line.figure.id) else None
            if items:
                class_ = line.class_of.get(kind)
                if class_ is None:
                    class_ = line.classed(kind, names)
                (self._level if line.is_level else self._add)(line, fact, class_, items)
        if not only and fact.outage and self._of_calls and self.start <= fact.opened:
            call = Call(fact.ref, fact.opened, fact.outage, fact.service, fact.site, names)
            self._calls.append(call)

    def _kind(self, fact: Fact) -> tuple[int, dict[str, str]]:
        """What a ticket is like, by all that it can be split by; a number stands for it."""
        said = tuple([of(fact) for _, of in self._dimensions])
        found = self._kinds.get(said)
        if found is None:
            names = dict(zip(DIMENSIONS, said, strict=True))
            found = self._kinds[said] = (len(self._kinds), names)
        return found

    def _add(self, line: _Line, fact: Fact, class_: int, items: Sequence[Sequence[Any]]) -> None:
        start, end, edges = self.start, self.end, self._edges
        for item in items:
            at = item[0]
            if start <= at < end:
                line.add(bisect_right(edges, at) - 1, class_, item, item[1], fact.ref)

    def _level(self, line: _Line, fact: Fact, class_: int, items: Sequence[Sequence[Any]]) -> None:
        ends, is_age = self._ends, line.kind == "age"
        for item in items:
            low = bisect_left(ends, item[0])
            high = len(ends) if item[1] is None else bisect_left(ends, item[1])
            for index in range(low, high):
                number = ends[index] - fact.opened if is_age else 1
                line.add(index, class_, item, number, fact.ref)

    def counted(self) -> Counted:
        """What was counted so far."""
        for line in self._plain:
            line.settle()
        return Counted(
            {line.figure.id: [cell.packed() for cell in line.slots] for line in self._plain},
            {
                line.figure.id: {
                    split: {
                        name: (one.packed(), two.packed()) for name, (one, two) in parts.items()
                    }
                    for split, parts in line.parts.items()
                }
                for line in self._plain
            },
            self._calls,
            self._bulletins,
        )

    def put(self, counted: Counted, at: int | None = None) -> None:
        """What was counted elsewhere, in the same period and splits.

        With `at` it was counted at that instant, in seconds of UTC, before which everything in it
        was opened; nothing has happened since but that it has grown older.
        """
        later = self._later(at)
        for line in self._plain:
            grown = later if line.kind == "age" else self._not_later
            cells = zip(line.slots, counted.slots[line.figure.id], grown, strict=True)
            for cell, other, by in cells:
                cell.merge(other, by)
            sides = grown[0], grown[-1]
            for split, parts in counted.parts[line.figure.id].items():
                for name, pair in parts.items():
                    mine = line.part(split, name)
                    for cell, other, by in zip(mine, pair, sides, strict=True):
                        cell.merge(other, by)
        self._calls += counted.calls
        self._bulletins += counted.bulletins

    def _later(self, at: int | None) -> list[int]:
        """By how much what is looked at at the end of each slot has grown older since an instant."""
        if at is None:
            return self._not_later
        return [
            max(0, end - min(edge, at))
            for edge, end in zip(self._edges[1:], self._ends, strict=True)
        ]

    def rows(self, *, has_before: bool) -> tuple[Row, ...]:
        """Every figure."""
        self._count_calls()
        for line in self._lines:
            line.settle()
        begun = sum(edge <= self._now for edge in self._edges[1:-1])
        return tuple(_row(line, begun, has_before=has_before) for line in self._lines)

    def _count_calls(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            if not self.start <= call.at < self.end:
                continue
            kind = tuple(call.names.values())
            number_of, names = self._kinds.setdefault(kind, (len(self._kinds), call.names))
            for line in self._of_calls:
                found = number_of_call(line.figure.id, call, self._bulletins)
                class_ = line.classed(number_of, names)
                item = call.at, found, call.outage
                line.add(bisect_right(self._edges, call.at) - 1, class_, item, found, call.ref)


def splits_of(figure: Figure, by: Sequence[str]) -> tuple[str, ...]:
    """What a figure is split by: as it says itself, and as is asked for, as far as it can be."""
    return tuple(dict.fromkeys((*figure.by, *(name for name in by if name in figure.splits))))


def number_of_call(figure: str, call: Call, bulletins: Iterable[Stood]) -> int:
    """What a call counts for in one of the figures of changes (R3d1.3)."""
    if figure == "changes.calls":
        return 1
    opened = datetime.fromtimestamp(call.at, timezone.utc)
    if figure == "changes.unannounced":
        return int(not any(announced(e, call.service, call.site, opened) for e in bulletins))
    return int(
        any(
            each.start <= opened
            and (each.end is None or opened < each.end)
            and concerns(each.bulletin, call.service, call.site)
            for each in bulletins
        )
    )


def _row(line: _Line, begun: int, *, has_before: bool) -> Row:
    """The figure of a line; of slots only the first have begun, and nothing is known of the others."""
    figure = line.figure
    first, *slots = line.slots
    total = Cell(figure.kind)
    if line.is_level:
        total.merge(slots[-1])
    else:
        for cell in slots:
            total.merge(cell)
    nothing = Number()
    return Row(
        id=figure.id,
        now=number(figure.kind, total),
        before=number(figure.kind, first) if has_before else nothing,
        series=tuple(
            number(figure.kind, cell) if index < begun else nothing
            for index, cell in enumerate(slots)
        ),
        by={
            split: tuple(
                sorted(
                    (
                        Part(
                            name=name,
                            now=number(figure.kind, two),
                            before=number(figure.kind, one) if has_before else nothing,
                            refs=tuple(newest(two.refs)),
                        )
                        for name, (one, two) in parts.items()
                    ),
                    key=lambda part: (*_size(figure.kind, part), part.name),
                )
            )
            for split, parts in line.parts.items()
        },
        refs=tuple(newest(total.refs)),
        others=tuple(newest(total.others)),
        slot_refs=tuple(
            tuple(newest([*cell.refs, *cell.others])) if index < begun else ()
            for index, cell in enumerate(slots)
        ),
    )


def _size(kind: Kind, part: Part) -> tuple[float, float]:
    """What parts are put in order by: the largest sum first, or the one of the most items."""
    if kind in ("count", "level"):
        return -(part.now.value or 0), -(part.before.value or 0)
    return -part.now.of, -part.before.of


def number(kind: Kind, cell: Cell) -> Number:
    """What was counted in a cell, as a number of its kind."""
    return _MADE[kind](cell)


def total(kind: Kind, numbers: Iterable[int]) -> Number:
    """A figure of a kind, made of these items."""
    cell = Cell(kind)
    for each in numbers:
        cell.add(each, "")
    return number(kind, cell)


def _count(cell: Cell) -> Number:
    return Number(value=cell.sum, of=cell.of, counted=cell.sum)


def _share(cell: Cell) -> Number:
    value = round(_FULL * cell.sum / cell.of, 2) if cell.of else None
    return Number(value=value, of=cell.of, counted=cell.sum)


def _mean(cell: Cell) -> Number:
    return Number(value=round(cell.sum / cell.of, 2) if cell.of else None, of=cell.of)


def _spread(cell: Cell) -> Number:
    if not cell.of or cell.values is None:
        return Number()
    values = sorted(cell.values)
    return Number(value=ranked(values, _MEDIAN), of=cell.of, p90=ranked(values, _P90))


_MADE: dict[str, Callable[[Cell], Number]] = {
    "count": _count,
    "share": _share,
    "spread": _spread,
    "mean": _mean,
    "level": _count,
    "age": _spread,
}


def ranked(values: Sequence[int], part: float) -> int:
    """The nearest rank: the smallest of the sorted values that so large a part does not exceed."""
    return values[max(0, -(-int(part * _FULL) * len(values) // _FULL) - 1)]
