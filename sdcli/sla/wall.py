"""The clock on the wall of a time zone, and what its readings are in UTC.

Instants are whole seconds of UTC since 1970, days are ordinals, and a time of day is in seconds
from local midnight by the clock on the wall; 86400 and more is on the next day. The time zone of
the process is never read or set.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_S = 24 * 3600
EPOCH = 719163
"""The day 1970-01-01."""

_SECOND = timedelta(seconds=1)
_SAMPLE_S = 6 * DAY_S
"""Since 1940 no zone has changed its clocks and changed them back within less than this."""
_NEAR_S = 26 * 3600
"""No change of a clock is so long, so none moves a reading further than this."""


def local(at: datetime, zone: str) -> datetime:
    """An instant as the clocks of a time zone show it."""
    return at.astimezone(ZoneInfo(zone))


def utc_day(at: int) -> int:
    """The date of an instant in UTC."""
    return at // DAY_S + EPOCH


class Steady:
    """Stretches in which a clock is not changed: from, until, and how far it is ahead of UTC."""

    def __init__(self, stretches: list[tuple[int, int, int]]) -> None:
        self._stretches = stretches
        self._begins = [begin for begin, _, _ in stretches]

    def offset(self, first: int, last: int) -> int | None:
        """How far the clock is ahead of UTC, in seconds, if that is so for all the days.

        Readings up to the end of the day after the last are the same distance from UTC then, and
        exist once; None if the clock is changed near them.
        """
        midnight = (first - EPOCH) * DAY_S
        begin, end, offset = self._stretches[bisect_right(self._begins, midnight) - 1]
        is_within = begin + _NEAR_S <= midnight - offset
        over = (last + 2 - EPOCH) * DAY_S - offset
        return offset if is_within and over + _NEAR_S <= end else None


class Wall:
    """The clock on the wall of one time zone."""

    def __init__(self, zone: str) -> None:
        self._name = zone

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._name)

    def shows(self, at: int) -> datetime:
        """What the clock shows at an instant."""
        return datetime.fromtimestamp(at, self._zone)

    def day(self, at: int) -> int:
        """The date that the clock shows at an instant."""
        return self.shows(at).toordinal()

    def begin(self, day: int, seconds: int) -> int:
        """The instant of a reading: the first of two; one in a gap is as far after the gap."""
        return int(self._reading(day, seconds).timestamp())

    def end(self, day: int, seconds: int) -> int:
        """The instant at which a stretch ends that goes on until a reading.

        It is the second of two if the last moment before it exists twice.
        """
        reading = self._reading(day, seconds)
        last = reading - _SECOND
        twice = _offset(last) > _offset(last.replace(fold=1))
        return int(reading.replace(fold=int(twice)).timestamp())

    def has(self, day: int) -> bool:
        """Whether there is such a date here: a zone that crosses the date line leaves one out."""
        return self.day(self.begin(day, DAY_S // 2)) == day

    def steady(self, start: int, end: int) -> Steady:
        """The stretches from `start` to `end` in which the clock is not changed."""
        found, begin, offset = [], start, _seconds(self._offset_at(start))
        for at, _, after in self.changes(start, end):
            found.append((begin, at, offset))
            begin, offset = at, after
        return Steady([*found, (begin, end, offset)])

    def steady_day(self, day: int) -> int | None:
        """How far the clock is ahead of UTC, in seconds, if that is so for two days and round them.

        Readings up to the end of the next day are the same distance from UTC then, and exist once.
        """
        midnight = (day - EPOCH) * DAY_S
        offset = self._offset_at(midnight)
        begin = midnight - _seconds(offset) - _NEAR_S
        end = begin + 2 * DAY_S + 2 * _NEAR_S
        is_steady = all(self._offset_at(at) == offset for at in (begin, (begin + end) // 2, end))
        return _seconds(offset) if is_steady else None

    def changes(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Each change of the clock after `start` and until `end`.

        The instant, and how far the clock is ahead of UTC before and from then on, in seconds.
        """
        before = self._offset_at(start)
        while start < end:
            until = min(start + _SAMPLE_S, end)
            if self._offset_at(until) != before:
                same, changed = start, until
                while changed - same > 1:
                    middle = (same + changed) // 2
                    is_before = self._offset_at(middle) == before
                    same, changed = (middle, changed) if is_before else (same, middle)
                after = self._offset_at(changed)
                yield changed, _seconds(before), _seconds(after)
                until, before = changed, after
            start = until

    def _offset_at(self, at: int) -> timedelta:
        return _offset(datetime.fromtimestamp(at, self._zone))

    def _reading(self, day: int, seconds: int) -> datetime:
        days, rest = divmod(seconds, DAY_S)
        minutes, second = divmod(rest, 60)
        midnight = datetime.fromordinal(day + days)
        return midnight.replace(
            hour=minutes // 60, minute=minutes % 60, second=second, tzinfo=self._zone
        )


def _seconds(offset: timedelta) -> int:
    return offset.days * DAY_S + offset.seconds


def _offset(reading: datetime) -> timedelta:
    return reading.utcoffset() or timedelta(0)
