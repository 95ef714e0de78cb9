"""Calendars as text, with a day drawn in a row.

A bar has a cell for each hour or half hour that the day really has, so a day on which the clocks
change is shorter or longer than the others, as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render import words
from sdcli.render.safe import line
from sdcli.render.wrap import fitted
from sdcli.results.clocks import (
    CalendarBetween,
    CalendarDue,
    CalendarsChecked,
    CalendarShown,
    CalendarsListed,
)
from sdcli.sla.agenda import is_beyond
from sdcli.sla.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.render.as_text import Lines, Screen
    from sdcli.results import Result
    from sdcli.sla.agenda import AgendaDay, Amount, Between, Change, Due, Headline, Outlook
    from sdcli.sla.calendar import Part


_HOUR, _DAY = 3600, 86400
_FULL, _PARTLY, _NONE = "█", "▌", "·"
_USUAL_WIDTH = 80
_WIDE, _NARROW, _NO_BAR = 100, 60, 48
_LABEL = "Mon 2026-11-23  "


def text(result: Result, screen: Screen) -> Lines:
    """A result about calendars as text, and remarks for the person."""
    return _TEXTS[type(result)](result, screen)


def _due_text(result: CalendarDue, screen: Screen) -> Lines:
    found = result.due
    at = screen.style(_local(found.at, found.zone), bold=True)
    word = "before" if found.at < found.start else "from"
    told = f"{_amount(found.amount)} {word} {_local(found.start, found.zone)}"
    lines = [at, f"  {told}, in {line(found.zone)}", f"  in UTC: {words.exact(found.at)}"]
    return lines, _notes(found, found.at)


def _between_text(result: CalendarBetween, screen: Screen) -> Lines:
    found = result.between
    ends = f"{_local(found.start, found.zone)} to {_local(found.end, found.zone)}"
    lines = [screen.style(_hours(found.seconds), bold=True), f"  {ends}, in {line(found.zone)}"]
    return lines, _notes(found, found.end)


def _notes(found: Due | Between, at: int) -> list[str]:
    if not is_beyond(found.known_until, at):
        return []
    return [_note(found.calendar, found.known_until or 0, found.zone)]


def _note(calendar: str, known_until: int, zone: str) -> str:
    """What is said where an answer lies beyond the list of holidays (T4)."""
    last = _local(known_until - 1, zone).split(" ")[1]
    return f"Note: the holidays of {line(calendar)} are known until {last} only."


def _amount(amount: Amount) -> str:
    """How much it is; which way it goes is said beside it."""
    if amount.days is not None:
        return words.count(abs(amount.days), "business day")
    return _hours(abs(amount.seconds))


def _hours(seconds: int) -> str:
    """Working time to the second: `8h`, `1h 30m`, `45s`, `0h`."""
    rest = seconds % 60
    parts = [words.work(seconds - rest), f"{rest}s" if rest else ""]
    return " ".join(part for part in parts if part) or "0h"


def _local(at: int, zone: str) -> str:
    shown_at = Wall(zone).shows(at)
    seconds = f":{shown_at:%S}" if shown_at.second else ""
    return f"{words.weekday(shown_at.date().isoformat())} {shown_at:%Y-%m-%d %H:%M}{seconds}"


def _listed_text(result: CalendarsListed, screen: Screen) -> Lines:
    lines: list[str] = []
    for each in result.heads:
        name = screen.style(line(each.calendar), bold=True)
        lines += [name, *fitted(list(_head_lines(each)), screen.width, 4)]
    return lines, []


def _head_lines(each: Headline) -> Iterator[str]:
    weekly = f"{_hours(each.weekly_s)} a week" if each.weekly_s else "no weekly hours"
    yield f"  {line(each.zone)}, {weekly}, {_holidays_of(each)}"
    if each.agreements:
        yield f"  agreements: {line(', '.join(each.agreements))}"


def _holidays_of(each: Headline) -> str:
    public = f"public holidays of {', '.join(each.countries)} ({each.library})"
    told = line(public) if each.library else "holidays"
    if each.known_until is None:
        return f"{told} without end" if each.library else "no dated holidays"
    until = _local(each.known_until - 1, each.zone).split(" ")[1]
    return f"{told} known until {until}"


def _shown_text(result: CalendarShown, screen: Screen) -> Lines:
    found, width = result.agenda, screen.width or _USUAL_WIDTH
    name = screen.style(line(found.head.calendar), bold=True)
    lines = [name, *fitted(list(_head_lines(found.head)), screen.width, 4), ""]
    cell = _HOUR // 2 if width >= _WIDE else _HOUR if width >= _NARROW else 2 * _HOUR
    most = max((_cells(day, cell) for day in found.days), default=0)
    if width < _NO_BAR:
        most = 0
    else:
        lines.append(" " * len(_LABEL) + _scale(cell))
    wall = Wall(found.head.zone)
    for day in found.days:
        if lines[-1] and words.weekday(day.date) == "Mon" and day is not found.days[0]:
            lines.append("")
        lines += _row(day, wall, (cell, most, width), screen.style)
    last = found.days[-1].end if found.days else 0
    notes = []
    if is_beyond(found.head.known_until, last):
        notes = [_note(found.head.calendar, found.head.known_until or 0, found.head.zone)]
    return lines, notes


def _scale(cell: int) -> str:
    """The hours above the bars."""
    return "".join(f"{hour:<{6 * _HOUR // cell}}" for hour in (0, 6, 12, 18)) + "24"


def _cells(day: AgendaDay, cell: int) -> int:
    return -(-(day.end - day.start) // cell)


def _row(
    day: AgendaDay, wall: Wall, sizes: tuple[int, int, int], style: Callable[..., str]
) -> Iterator[str]:
    """A day in a line; `sizes`: seconds a cell, cells of the longest day, columns."""
    from wcwidth import wrap  # noqa: PLC0415 - only bars pay for it

    cell, most, width = sizes
    cells = range(day.start, day.end, cell) if most else ()
    bar = "".join(_cell(day.parts, at, min(at + cell, day.end)) for at in cells)
    indent = len(_LABEL) + (most + 2 if most else 0)
    told = wrap(_told(day, wall), max(width - indent, 16), break_on_hyphens=False) or [""]
    label = f"{words.weekday(day.date)} {day.date}  "
    colour = "yellow" if day.holiday else "cyan" if day.is_special else "green"
    first = f"{label}{style(bar, fg=colour)}{' ' * (indent - len(_LABEL) - len(bar))}{told[0]}"
    yield first if told[0] else first.rstrip()
    for rest in told[1:]:
        yield " " * indent + rest


def _cell(parts: tuple[Part, ...], begin: int, end: int) -> str:
    worked = sum(
        max(0, min(part.end, end) - max(part.start, begin))
        for part in parts
        if part.kind == "working"
    )
    return _FULL if worked == end - begin else _PARTLY if worked else _NONE


def _told(day: AgendaDay, wall: Wall) -> str:
    """The hours of a day in words, why they are not the usual ones, and how long the day is."""
    hours = _clock_times(day, wall)
    length = (day.end - day.start) / _HOUR
    told = [
        hours or ("" if day.holiday else "closed"),
        line(day.holiday or day.special),
        f"{length:g} h long" if day.end - day.start != _DAY else "",
    ]
    return "  ".join(part for part in told if part)


def _clock_times(day: AgendaDay, wall: Wall) -> str:
    """The hours of a day by the clock on the wall: `08:00-12:00, 13:00-17:00`."""

    def clock(at: int) -> str:
        return "24:00" if at == day.end else f"{wall.shows(at):%H:%M:%S}".removesuffix(":00")

    return ", ".join(f"{clock(part.start)}-{clock(part.end)}" for part in day.working)


def _checked_text(result: CalendarsChecked, screen: Screen) -> Lines:
    lines: list[str] = []
    for found in result.outlooks:
        lines += [""] if lines else []
        lines.append(screen.style(line(found.head.calendar), bold=True))
        lines += fitted(list(_outlook_lines(found)), screen.width, 6)
        remarks = fitted([f"  remark: {line(each)}" for each in found.remarks], screen.width, 6)
        lines += [screen.style(each, fg="yellow") for each in remarks]
    return lines, []


def _outlook_lines(found: Outlook) -> Iterator[str]:
    wall = Wall(found.head.zone)
    yield from _head_lines(found.head)
    years = (f"{year} {_hours(seconds)}" for year, seconds in found.years.items())
    yield f"  working time: {', '.join(years)}"
    if found.closed_weekdays:
        yield f"  without hours: {', '.join(found.closed_weekdays)}"
    holidays = [f"{_dated(each)}  {line(each.holiday)}" for each in found.holidays]
    yield from _section("holidays of the next twelve months", holidays)
    special = (
        "  ".join(
            filter(None, (_dated(each), _clock_times(each, wall) or "closed", line(each.special)))
        )
        for each in found.special
    )
    yield from _section("special days", special)
    yield from _section("changes of the clock", (_change(each, wall) for each in found.changes))


def _section(title: str, told: Iterable[str]) -> Iterator[str]:
    entries = list(told)
    if entries:
        yield f"  {title}:"
        yield from (f"    {each}" for each in entries)


def _dated(day: AgendaDay) -> str:
    return f"{words.weekday(day.date)} {day.date}"


def _change(each: Change, wall: Wall) -> str:
    before, after = (wall.shows(at) for at in (each.at - 1, each.at))
    step = (each.after_s - each.before_s) // 60
    way = "forward" if step > 0 else "back"
    day = f"{words.weekday(before.date().isoformat())} {before:%Y-%m-%d}"
    return f"{day}  {abs(step)} min {way}, to {after:%H:%M}"


_TEXTS: dict[type, Callable[[Any, Screen], Lines]] = {
    CalendarDue: _due_text,
    CalendarBetween: _between_text,
    CalendarShown: _shown_text,
    CalendarsListed: _listed_text,
    CalendarsChecked: _checked_text,
}
