"""What a calendar says of each local date: its hours, its breaks, and why it is closed (T4).

Nothing here knows of time zones. The rule of precedence is in `sdcli.policy.calendars`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sdcli.policy.dates import read_dates
from sdcli.sla.wall import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.policy.calendars import Calendar, Window
    from sdcli.policy.dates import Dates
    from sdcli.policy.scalars import DateKey

_T = TypeVar("_T")
Spans = list[tuple[int, int]]
"""Stretches by their ends, in seconds, in order and without overlap."""


class DayPlan(NamedTuple):
    """What holds on a date.

    Args:
        windows: the working hours that begin on it, breaks not yet taken out.
        holiday: why it is closed, else empty.
        name: of a day with special hours, else empty.
        breaks: what is taken out of its date.
        lost: until when its hours would have gone on but for the holiday, in seconds of the day.
        is_special: whether its hours are its own and not those of its weekday.
    """

    windows: tuple[Window, ...]
    holiday: str = ""
    name: str = ""
    breaks: tuple[Window, ...] = ()
    lost: int = 0
    is_special: bool = False


class Days:
    """The dates of one calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._week = [DayPlan(windows) for windows in calendar.hours.days()]
        self._years: dict[int, dict[int, DayPlan]] = {}
        # The nearest word last, so that it is the one that stays.
        self._special_hours = _ranked(calendar.special_hours)
        self._holidays = _ranked(calendar.holidays)
        self._breaks = _ranked(calendar.breaks)
        self.pattern = merged(
            (window.opens + day * DAY_S, window.closes + day * DAY_S)
            for day, windows in enumerate(calendar.hours.days())
            for window in windows
        )
        """The working hours of a week without special days, in seconds from its Monday."""

    def plan(self, day: int) -> DayPlan:
        """What holds on a date."""
        return self.exceptions(date.fromordinal(day).year).get(day) or self.usual(day)

    def usual(self, day: int) -> DayPlan:
        """What holds on the weekday of a date."""
        return self._week[(day - 1) % 7]

    def between(self, first: int, last: int) -> dict[int, DayPlan]:
        """The dates from the first to the last that do not just have the hours of their weekday."""
        years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
        found = {day: plan for year in years for day, plan in self.exceptions(year).items()}
        return {day: plan for day, plan in found.items() if first <= day <= last}

    def exceptions(self, year: int) -> dict[int, DayPlan]:
        """The dates of a year that do not just have the hours of their weekday."""
        if year not in self._years:
            self._years[year] = dict(self._exceptions(year))
        return self._years[year]

    @property
    def last_year(self) -> int:
        """The last year that a holiday's date names; 0 if none does."""
        return max((dates.last_year for dates, _ in self._holidays), default=0)

    def _exceptions(self, year: int) -> Iterator[tuple[int, DayPlan]]:
        found = {day: self._closed(day, name) for day, name in self._public(year)}
        for dates, special in self._special_hours:
            plan = DayPlan(special.hours, name=special.name, is_special=True)
            found.update(dict.fromkeys(dates.in_year(year), plan))
        for dates, name in self._holidays:
            found.update((day, self._closed(day, name)) for day in dates.in_year(year))
        for dates, breaks in self._breaks:
            for day in dates.in_year(year):
                plan = found.get(day) or self.usual(day)
                found[day] = plan._replace(breaks=plan.breaks + breaks)
        yield from sorted(found.items())

    def _closed(self, day: int, name: str) -> DayPlan:
        hours = self.usual(day).windows
        lost = max((window.closes for window in hours), default=0)
        return DayPlan((), holiday=name, lost=lost)

    def _public(self, year: int) -> Iterator[tuple[int, str]]:
        for entry in self._calendar.public_holidays:
            known = entry.known.get(year)
            if known is None:
                from sdcli.policy.public_holidays import of_year  # noqa: PLC0415 - rarely needed

                known = of_year(entry, year)
            for day, name in known.items():
                yield date.fromisoformat(day).toordinal(), name


def _ranked(entries: Mapping[DateKey, _T]) -> list[tuple[Dates, _T]]:
    read = ((read_dates(key), value) for key, value in entries.items())
    return sorted(read, key=lambda entry: entry[0].rank)


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Stretches in order, those that overlap or touch as one."""
    found: Spans = []
    reached = None
    for begin, end in sorted(spans):
        if reached is None or begin > reached:
            found.append((begin, end))
            reached = end
        elif end > reached:
            found[-1] = (found[-1][0], end)
            reached = end
    return found


def without(spans: Iterable[tuple[int, int]], gaps: Spans) -> Spans:
    """What is left of stretches in order when others, in order as well, are taken out of them."""
    found: Spans = []
    first = 0
    for begin, end in spans:
        while first < len(gaps) and gaps[first][1] <= begin:
            first += 1
        rest, index = begin, first
        while index < len(gaps) and gaps[index][0] < end:
            gap, over = gaps[index]
            if gap > rest:
                found.append((rest, gap))
            rest, index = max(rest, over), index + 1
        if rest < end:
            found.append((rest, end))
    return found
