"""Local time: which instant a date and a time of day are in a time zone.

Instants are whole seconds of UTC. A local time that does not exist counts as the same distance
after the gap, and of one that exists twice the first is meant, as in calendars (T3). The time
zone of the process is never read.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sdcli.policy.scalars import Moment

_EARLIEST, _LATEST = date(2, 1, 1).toordinal(), date(9998, 12, 31).toordinal()
_FIRST_S, _LAST_S = -62_000_000_000, 253_000_000_000  # of years that every zone can show
_DATE_LENGTH = len("2026-12-24")
_REMEMBERED = 4096
"""How many answers are kept: one instant, or one hand-over, is asked for by many alerts in a row."""


@lru_cache(_REMEMBERED)
def instant_of(day: int, minutes: int, zone: str) -> int:
    """The instant of a date, given by its ordinal, so many minutes after midnight by the clock."""
    when = date.fromordinal(min(max(day, _EARLIEST), _LATEST))
    wall = datetime(when.year, when.month, when.day, tzinfo=ZoneInfo(zone))
    return int(wall.replace(hour=minutes // 60, minute=minutes % 60).timestamp())


@lru_cache(_REMEMBERED)
def day_of(at: int, zone: str) -> int:
    """The ordinal of the date that an instant falls on."""
    return local(at, zone).toordinal()


def local(at: int, zone: str) -> datetime:
    """An instant as the clocks of a time zone show it."""
    return datetime.fromtimestamp(min(max(at, _FIRST_S), _LAST_S), ZoneInfo(zone))


def placed(reading: datetime, zone: str) -> tuple[datetime, str]:
    """The instant of a reading of the clocks of a time zone, and whether that was a guess.

    `twice`: the clocks showed it twice, and the first is meant; `never`: they never did, and it
    counts as the same distance after the gap; else nothing.
    """
    first = reading.replace(tzinfo=ZoneInfo(zone), fold=0)
    ahead, later = first.utcoffset(), first.replace(fold=1).utcoffset()
    guess = "" if ahead == later or ahead is None or later is None else _guess(ahead, later)
    return first.astimezone(timezone.utc), guess


def _guess(first: timedelta, second: timedelta) -> str:
    return "twice" if first > second else "never"


def begins_day(at: int, zone: str) -> bool:
    """Whether an instant is the first of a day, which need not be midnight where clocks change."""
    return at == instant_of(day_of(at, zone), 0, zone)


def begins(moment: Moment, zone: str) -> int:
    """The first instant of a moment; days and local times are those of the zone."""
    return _instant(moment, zone, days=0)


def ends(moment: Moment, zone: str) -> int:
    """The first instant after a day; a time is over when it comes."""
    return _instant(moment, zone, days=1)


@lru_cache(_REMEMBERED)
def _instant(moment: Moment, zone: str, *, days: int) -> int:
    if moment.endswith("Z"):
        since = datetime.fromisoformat(f"{moment[:-1]}+00:00") - datetime.fromisoformat(
            "1970-01-01T00:00:00+00:00"
        )
        return since // timedelta(seconds=1)
    day = date.fromisoformat(moment[:_DATE_LENGTH]).toordinal()
    if len(moment) == _DATE_LENGTH:
        return instant_of(day + days, 0, zone)
    hours, _, minutes = moment[_DATE_LENGTH + 1 :].partition(":")
    return instant_of(day, int(hours) * 60 + int(minutes), zone)
