"""Working time: how much of it lies between two instants, and when some of it has passed.

Instants are whole seconds of UTC since 1970. Days are built by local date, and each end of a
working window is turned into UTC on its own, so a day with a change of clocks is 23 or 25 hours
long as it really is (T3). A local time that does not exist counts as the same distance after
the gap, and a date that does not exist has no hours. Of a stretch that exists twice a window
takes in both passes: it starts at the first, and ends after the second if the last moment
before its end exists twice. The time zone of the process is never read or set.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.calendars import Calendar, Window

_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60


def local(at: datetime, zone: str) -> datetime:
    """An instant as the clocks of a time zone show it."""
    return at.astimezone(ZoneInfo(zone))


class WorkingTime:
    """The working time of one calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self._zone = ZoneInfo(calendar.zone)
        self._week = calendar.hours.days()
        self._holidays = frozenset(calendar.holidays)
        self._days: dict[date, list[tuple[int, int]]] = {}
        # The windows from the first to the last known instant: when each opens, and the seconds
        # of working time before it. Nothing is known at first.
        self._first, self._last = 1, 0
        self._opens: list[int] = []
        self._worked: list[int] = []

    def between(self, start: int, end: int) -> int:
        """Seconds of working time in `start <= t < end`; none if the end is not later."""
        if end <= start:
            return 0
        if start < self._first or end > self._last:
            self._learn(start, end)
        return self._until(end) - self._until(start)

    def after(self, start: int, seconds: int) -> int:
        """The first instant at which `seconds` of working time have passed since `start`.

        Time that runs out exactly at closing time is over at closing time. Nothing to wait for
        is over at once.
        """
        left = seconds
        if left <= 0:
            return start
        for opens, closes in self._windows(start):
            begin = max(opens, start)
            if closes - begin >= left:
                return begin + left
            left -= max(0, closes - begin)
        raise AssertionError("windows never end")  # pragma: no cover

    def business_days(self, start: int, days: int) -> int:
        """The same time of day so many working days after `start`, or after the next opening (T7)."""
        begin = self.after(start, 1) - 1
        wall = datetime.fromtimestamp(begin, self._zone)
        day = wall.date()
        while days:
            day += _DAY
            days -= bool(self._day(day))
        return self._begin(day, wall.hour * 60 + wall.minute) + wall.second

    def _until(self, at: int) -> int:
        """Seconds of working time from the first known instant until another one."""
        index = bisect_right(self._opens, at)
        running, closed = self._worked[index - 1] + at - self._opens[index - 1], self._worked[index]
        return running if running < closed else closed  # noqa: FURB136 - a call costs as much again

    def _learn(self, start: int, end: int) -> None:
        """Sum up the windows from `start` to `end`, in one stretch with those known before.

        A stretch that is known grows by its own length at least: tickets that come in the order
        of their age, newest first, would have it summed up anew for each of them.
        """
        if self._opens:
            length = self._last - self._first
            start = self._first if start >= self._first else start - length
            end = self._last if end <= self._last else end + length
        windows = takewhile(lambda window: window[0] <= end, self._windows(start))
        known = [(start, start), *windows]  # so that some window opens before every instant
        self._opens = [opens for opens, _ in known]
        self._worked = list(accumulate((closes - opens for opens, closes in known), initial=0))
        self._first, self._last = start, end

    def _windows(self, start: int) -> Iterator[tuple[int, int]]:
        """The working windows that end after `start`, in order and without overlap."""
        # Two days back: a night shift may have begun the day before, and a date may be missing.
        day = datetime.fromtimestamp(start, self._zone).date() - 2 * _DAY
        reached = start
        while True:
            for opens, closes in self._day(day):
                if closes > reached:
                    yield max(opens, reached), closes
                    reached = closes
            day += _DAY

    def _day(self, day: date) -> list[tuple[int, int]]:
        """The windows that begin on a local date, in UTC seconds."""
        windows = self._days.get(day)
        if windows is None:
            ends = (
                (self._begin(day, window.start), self._end(day, window.end))
                for window in self._hours(day)
            )
            windows = self._days[day] = sorted(pair for pair in ends if pair[0] < pair[1])
        return windows

    def _hours(self, day: date) -> tuple[Window, ...]:
        """The working hours of a local date: none on a holiday, or where the date is missing."""
        noon = datetime.fromtimestamp(self._begin(day, _DAY_MINUTES // 2), self._zone)
        if noon.date() != day or day.isoformat() in self._holidays:
            return ()
        return self._week[day.weekday()]

    def _begin(self, day: date, minutes: int) -> int:
        return int(self._wall(day, minutes).timestamp())

    def _end(self, day: date, minutes: int) -> int:
        wall = self._wall(day, minutes)
        last = wall - timedelta(seconds=1)
        twice = _offset(last) > _offset(last.replace(fold=1))
        return int(wall.replace(fold=int(twice)).timestamp())

    def _wall(self, day: date, minutes: int) -> datetime:
        """The local time so many minutes after midnight by the clock on the wall."""
        days, rest = divmod(minutes, _DAY_MINUTES)
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone) + days * _DAY
        return midnight.replace(hour=rest // 60, minute=rest % 60)


def _offset(wall: datetime) -> timedelta:
    return wall.utcoffset() or timedelta(0)
