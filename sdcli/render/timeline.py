"""The timeline of a clock, and how it is drawn on a terminal.

Every kind has a sign of its own, so that nothing depends on colours; where only ASCII can be shown
there is a second set of signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.render import words
from sdcli.sla.wall import DAY_S, Wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.render.as_text import Screen
    from sdcli.sla.explain import Explanation
    from sdcli.sla.intervals import Kind

Look: TypeAlias = "Kind | Literal['ahead', 'shut-ahead']"

HOUR_S = 3600
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # whatever the machine's language
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAIL = 4
"""A clock that stopped long ago is shown until a quarter of its life later."""


class Sign(NamedTuple):
    """How a kind is told, and shown: in UTF-8, in ASCII, and in which colour."""

    word: str
    utf8: str
    ascii: str
    colour: str


SIGNS: dict[Look, Sign] = {
    "counted": Sign("counted", "█", "#", "green"),
    "paused": Sign("paused", "▒", "P", "yellow"),
    "holiday": Sign("holiday", "H", "H", "magenta"),
    "closed": Sign("closed", "·", ".", "bright_black"),
    "stopped": Sign("stopped", "─", "-", "blue"),
    "not-begun": Sign("not begun", "~", "~", "bright_black"),
    "ahead": Sign("to come", "░", "+", "cyan"),
    "shut-ahead": Sign("closed", "·", ".", "bright_black"),
}


class Stretch(NamedTuple):
    """A piece of the picture, in seconds of UTC."""

    start: int
    end: int
    look: Look


class Mark(NamedTuple):
    """An instant that is pointed at."""

    at: int
    label: str


class Timeline(NamedTuple):
    """What is drawn, from `start` to `end`; some of what comes after the stop may be left out."""

    start: int
    end: int
    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...]


def timeline(told: Explanation) -> Timeline:
    """What there is to draw: from opening to now, or to the due time if that is to come."""
    end = max(told.now, told.ahead[-1].end if told.ahead else told.now)
    if told.intervals and told.intervals[-1].kind == "stopped":
        ran = (each.end for each in reversed(told.intervals) if each.kind != "stopped")
        stopped = next(ran, told.opened)  # it may have been over when it was opened
        end = min(end, stopped + max((stopped - told.opened) // _TAIL, HOUR_S))
    stretches = [Stretch(each.start, min(each.end, end), each.kind) for each in told.intervals]
    stretches += [
        Stretch(part.start, part.end, "ahead" if part.kind == "working" else "shut-ahead")
        for part in told.ahead
    ]
    inside = (mark for mark in _marks(told) if told.opened <= mark.at <= end)
    kept = tuple(each for each in stretches if each.start < each.end)
    return Timeline(told.opened, max(end, told.opened + 1), kept, tuple(sorted(inside)))


def _marks(told: Explanation) -> Iterator[Mark]:
    yield Mark(told.now, "now")
    for each in told.thresholds:
        if each.at is not None and not each.predicted:
            yield Mark(each.at, "due" if each.percent >= 100 else f"{each.percent} %")  # noqa: PLR2004


def draw(told: Explanation, zone: str, screen: Screen, columns: int) -> list[str]:
    """The picture in so many columns: a scale of dates, the bar, what is pointed at, a legend."""
    line, wall = timeline(told), Wall(zone)
    looks = [_look_at(line, index, columns) for index in range(columns)]
    bar = "".join(_run(look, count, screen) for look, count in _runs(looks))
    used = list(dict.fromkeys(each.look for each in line.stretches if each.look != "shut-ahead"))
    return [
        _scale(line, wall, columns, screen).rstrip(),
        bar,
        *(row.rstrip() for row in _pointers(line, columns, screen)),
        *_legend(used, columns, screen),
    ]


def _legend(used: Iterable[Look], columns: int, screen: Screen) -> Iterator[str]:
    """The signs that are used and what they mean, in as many lines as they need."""
    row, room = "", columns
    for look in used:
        wide = len(SIGNS[look].word) + 2
        if row and room < wide + 2:
            yield row
            row, room = "", columns
        row += f"{'  ' if row else ''}{_run(look, 1, screen)} {SIGNS[look].word}"
        room -= wide + 2
    yield row


def _run(look: Look, count: int, screen: Screen) -> str:
    sign = SIGNS[look]
    return screen.style((sign.utf8 if screen.utf8 else sign.ascii) * count, fg=sign.colour)


def _runs(looks: Iterable[Look]) -> Iterator[tuple[Look, int]]:
    from itertools import groupby  # noqa: PLC0415 - only a picture needs it

    for look, group in groupby(looks):
        yield look, len(list(group))


def _look_at(line: Timeline, index: int, columns: int) -> Look:
    """What fills most of a cell; a pause or a holiday counts double, so that none goes unseen."""
    length = line.end - line.start
    begin, end = (line.start * columns + length * each for each in (index, index + 1))
    weights: dict[Look, int] = {}
    for each in line.stretches:
        share = min(each.end * columns, end) - max(each.start * columns, begin)
        if share > 0:
            rare = 1 + (each.look in ("paused", "holiday"))
            weights[each.look] = weights.get(each.look, 0) + share * rare
    return max(weights, key=lambda look: weights[look], default="closed")


def _column(line: Timeline, at: int, columns: int) -> int:
    return min((at - line.start) * columns // (line.end - line.start), columns - 1)


def ticks(line: Timeline, wall: Wall, most: int) -> list[Mark]:
    """Where to write dates, or times of day if it is all within two days: about so many."""
    length = line.end - line.start
    if length <= 2 * DAY_S:
        steps = (1, 2, 3, 6, 12, 24)
        step = next((each for each in steps if length // (each * HOUR_S) <= most), steps[-1])
        hours = range(line.start - line.start % 900, line.end, 900)
        shown = ((at, wall.shows(at)) for at in hours if at >= line.start)
        return [
            Mark(at, f"{local:%H:%M}")
            for at, local in shown
            if local.minute == 0 and local.hour % step == 0
        ]
    first, last = wall.day(line.start) + 1, wall.day(line.end)
    step = -(-(last - first + 1) // max(most, 1)) or 1
    if step > 2:  # noqa: PLR2004 - whole weeks, from Monday to Monday
        step = -(-step // 7) * 7
        first += -(first - 1) % 7
    found = (wall.begin(day, 0) for day in range(first, last + 1, step))
    return [Mark(at, _short(wall, at)) for at in found if line.start <= at < line.end]


def _short(wall: Wall, at: int) -> str:
    shown = wall.shows(at)
    return f"{_DAYS[shown.weekday()]} {shown.day} {_MONTHS[shown.month - 1]}"


def _scale(line: Timeline, wall: Wall, columns: int, screen: Screen) -> str:
    row = " " * columns
    tick = "╷" if screen.utf8 else "|"
    reached = 0
    for mark in ticks(line, wall, max(columns // 14, 2)):
        at = _column(line, mark.at, columns)
        label = f"{tick}{mark.label}"
        if at >= reached and at + len(label) <= columns:
            row = row[:at] + label + row[at + len(label) :]
            reached = at + len(label) + 1
    return row


def _pointers(line: Timeline, columns: int, screen: Screen) -> list[str]:
    """Rows of labels, each below its instant and beside no other."""
    rows: list[str] = []
    up = "▲" if screen.utf8 else "^"
    for mark in line.marks:
        at, label = _column(line, mark.at, columns), f"{up} {mark.label}"
        if at + len(label) > columns:
            label = f"{mark.label} {up}"
            at = max(at - len(label) + 1, 0)
        index = next(
            (
                i
                for i, row in enumerate(rows)
                if not row[max(at - 1, 0) : at + len(label) + 1].strip()
            ),
            len(rows),
        )
        if index == len(rows):
            rows.append(" " * columns)
        rows[index] = rows[index][:at] + label + rows[index][at + len(label) :]
    return rows


def local(wall: Wall, at: int, *, year: bool = True, day: bool = True, wide: int = 0) -> str:
    """An instant by the clock on the wall: `Mon 23 Nov 2026 10:00`, with its seconds if it has any.

    `wide`: of how many columns the day of the month is at least.
    """
    shown = wall.shows(at)
    seconds = f":{shown:%S}" if shown.second else ""
    date = f"{_DAYS[shown.weekday()]} {shown.day:>{wide}} {_MONTHS[shown.month - 1]} "
    date += f"{shown.year} " if year else ""
    return f"{date if day else ''}{shown:%H:%M}{seconds}"


def lasted(seconds: int) -> str:
    """A time to the second, in hours: `8h`, `1h 30m`, `45s`, `0h`."""
    rest = seconds % 60
    parts = [words.work(seconds - rest), f"{rest}s" if rest else ""]
    return " ".join(part for part in parts if part) or "0h"
