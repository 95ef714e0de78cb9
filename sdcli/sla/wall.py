"""The clock on the wall of a time zone, and what its readings are in UTC.

Instants are whole seconds of UTC since 1970, days are ordinals, and a time of day is in seconds
from local midnight by the clock on the wall; 86400 and more is on the next day. The time zone of
the process is never read or set.
"""

from __future__ import annotations

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
_SAMPLE_S = DAY_S * 7 // 2
"""No zone has ever changed its clocks and changed them back within less than this."""


def local(at: datetime, zone: str) -> datetime:
    """An instant as the clocks of a time zone show it."""
    return at.astimezone(ZoneInfo(zone))


def utc_day(at: int) -> int:
    """The date of an instant in UTC."""
    return at // DAY_S + EPOCH


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

    def steady(self, first: int, last: int) -> int | None:
        """How far the clock is ahead of UTC, in seconds, if that is so for all the days.

        Readings up to the end of the day after the last are the same distance from UTC then, and
        exist once; None if the clock is changed near them.
        """
        begin, end = (first - 2 - EPOCH) * DAY_S, (last + 4 - EPOCH) * DAY_S
        offset = self._offset_at(begin)
        while begin < end:
            begin = min(begin + _SAMPLE_S, end)
            if self._offset_at(begin) != offset:
                return None
        return _seconds(offset)

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
