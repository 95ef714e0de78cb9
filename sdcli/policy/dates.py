"""Dates as calendars write them: one, one of each year, or a range of either (T4).

`2026-12-25` is one date and `12-24` that date of each year. `2026-12-24..2027-01-02` is a range
with both its ends, and `12-24..01-02` one of each year, here across New Year. `02-29` is there in
leap years only; a yearly range that begins or ends with it begins on the first of March, or ends
on the 28th of February, in the others.

Days are counted as Python's ordinals: day 1 is the first of January of the year 1, a Monday.
"""

from __future__ import annotations

import re
from calendar import isleap
from datetime import date
from functools import cache
from typing import NamedTuple

_DATE = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})", re.ASCII)
_LEAP_YEAR = 2000
_LEAP_DAY = (2, 29)
WRITE_DATES = (
    'write a date as "2026-12-25", or "12-25" for each year, '
    'or a range as "2026-12-24..2027-01-02" or "12-24..01-02"'
)


class Dates(NamedTuple):
    """A range of dates with both its ends; `first_year` is 0 in one that comes each year."""

    first_year: int
    first: tuple[int, int]
    last_year: int
    last: tuple[int, int]

    @property
    def is_yearly(self) -> bool:
        """Whether it comes each year."""
        return not self.first_year

    @property
    def rank(self) -> int:
        """How nearly it names its day: what names the year goes first, then a single date."""
        single = (self.first_year, self.first) == (self.last_year, self.last)
        return 2 * (not self.is_yearly) + single

    def in_year(self, year: int) -> list[int]:
        """The days of a year that are in the range, as ordinals in their order."""
        if not self.is_yearly:
            begin = max(date(self.first_year, *self.first), date(year, 1, 1))
            end = min(date(self.last_year, *self.last), date(year, 12, 31))
            return list(range(begin.toordinal(), end.toordinal() + 1))
        begins, ends = _first_of(year, self.first), _last_of(year, self.last)
        if self.first <= self.last:
            return list(range(begins, ends + 1))
        new_year, last_day = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        return [*range(new_year, ends + 1), *range(begins, last_day + 1)]


def rivals(one: Dates, other: Dates) -> bool:
    """Whether two entries name a date of which neither is the nearer word."""
    if one.rank != other.rank:
        return False
    if one.is_yearly:
        return bool({*one.in_year(_LEAP_YEAR)} & {*other.in_year(_LEAP_YEAR)})
    ends = ((each.first_year, each.first, each.last_year, each.last) for each in (one, other))
    (y1, d1, y2, d2), (y3, d3, y4, d4) = ends
    return (y1, d1) <= (y4, d4) and (y3, d3) <= (y2, d2)


def _first_of(year: int, day: tuple[int, int]) -> int:
    return date(year, *((3, 1) if day == _LEAP_DAY and not isleap(year) else day)).toordinal()


def _last_of(year: int, day: tuple[int, int]) -> int:
    return date(year, *((2, 28) if day == _LEAP_DAY and not isleap(year) else day)).toordinal()


@cache
def read_dates(text: str) -> Dates:
    """The dates that a text names.

    Raises:
        ValueError: it names none, or a range that ends before it begins.
    """
    begins, dots, ends = text.partition("..")
    first_year, first = _read_date(begins)
    last_year, last = _read_date(ends) if dots else (first_year, first)
    if bool(first_year) != bool(last_year):
        raise ValueError("a range names the year at both its ends or at neither")
    if (last_year, last) < (first_year, first) and first_year:
        raise ValueError("the range ends before it begins")
    return Dates(first_year, first, last_year, last)


def _read_date(text: str) -> tuple[int, tuple[int, int]]:
    """The year, or 0 without one, and the month and day of it."""
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError(WRITE_DATES)
    year, month, day = (int(part or 0) for part in match.groups())
    try:
        date(year if match.group(1) else _LEAP_YEAR, month, day)
    except ValueError as error:
        raise ValueError(f"there is no such date; {WRITE_DATES}") from error
    return year, (month, day)
