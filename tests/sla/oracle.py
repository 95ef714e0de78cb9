"""A second-by-second reading of calendars that shares no step with the code under test.

Every UTC minute of some days is turned into local time, and never the other way round; zones
change their clocks on whole minutes, so the seconds of a minute follow it. A calendar becomes a
row of bytes, one for each second, and every answer is counted off that row. Dates are compared
as texts. What the module promises of doubtful local times is read off the table: a time that
exists twice has a first and a last minute in it, and one that does not exist lies between two
neighbouring minutes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sdcli.policy.calendars import Calendar, SpecialHours, Week, Window
from sdcli.policy.scalars import DateKey, Zone
from sdcli.sla.calendar import Part

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
DAY_S = 24 * 3600
HALF_DAYS = 5
CLOSED, WORKING = 0, 1

# Zones with whole, half and quarter hours, without changes, with changes at midnight and with
# a date that does not exist; and the year in which they are looked at.
YEARS = {
    "UTC": 2026,
    "Africa/Cairo": 2026,
    "Africa/Casablanca": 2026,
    "America/Asuncion": 2023,
    "America/Havana": 2026,
    "America/New_York": 2026,
    "America/Nuuk": 2026,
    "America/Santiago": 2026,
    "America/Sao_Paulo": 2018,
    "Antarctica/Troll": 2026,
    "Asia/Kathmandu": 1985,
    "Asia/Kolkata": 2026,
    "Asia/Tehran": 2022,
    "Australia/Lord_Howe": 2026,
    "Europe/London": 2026,
    "Pacific/Apia": 2011,
}


class Table(NamedTuple):
    """Some days of one zone, minute by minute: what clocks on the wall show.

    `walls[i]` is the local time at UTC minute `origin + i`, in minutes since the year 1.
    """

    origin: int
    walls: list[int]
    first: dict[int, int]
    last: dict[int, int]
    gaps: list[tuple[int, int, int]]

    def edge(self, wall: int, *, closing: bool) -> int | None:
        """The UTC second of an end of a stretch, by the promise of the module.

        `wall` is in seconds since the year 1. A stretch ends at the last of two only if it
        reaches into the time that exists twice. None outside the table.
        """
        minute, rest = divmod(wall, 60)
        before = (wall - 1) // 60
        twice = closing and self.first.get(before) != self.last.get(before)
        if minute in self.first:
            return (self.last if twice else self.first)[minute] * 60 + rest
        for begins, ends, over in self.gaps:
            if begins <= minute < ends:
                return (over + minute - begins) * 60 + rest
        return None


def _wall(zone: ZoneInfo, minute: int) -> int:
    seen = datetime.fromtimestamp(minute * 60, zone)
    return seen.toordinal() * DAY_MINUTES + seen.hour * 60 + seen.minute


@cache
def table(zone: str, centre: int) -> Table:
    """The table of the days round a UTC minute."""
    info, half = ZoneInfo(zone), HALF_DAYS * DAY_MINUTES
    origin = centre - half
    walls = [_wall(info, minute) for minute in range(origin, centre + half)]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for minute, wall in enumerate(walls, start=origin):
        first.setdefault(wall, minute)
        last[wall] = minute
    gaps = [
        (before + 1, after, minute)
        for minute, (before, after) in enumerate(pairwise(walls), start=origin + 1)
        if after > before + 1
    ]
    return Table(origin, walls, first, last, gaps)


@cache
def changes(zone: str) -> tuple[int, ...]:
    """The UTC minutes at which a zone's clocks change in its year; mid-year if they do not."""
    info = ZoneInfo(zone)
    begin = int(datetime(YEARS[zone], 1, 1, tzinfo=timezone.utc).timestamp()) // 60
    found = []
    for hour in range(begin, begin + 366 * DAY_MINUTES, 60):
        if _wall(info, hour + 60) - _wall(info, hour) != 60:
            steps = ((_wall(info, m + 1) - _wall(info, m), m + 1) for m in range(hour, hour + 60))
            found += [minute for step, minute in steps if step != 1]
    return tuple(found) or (begin + 180 * DAY_MINUTES,)


Hours = tuple[tuple[int, int], ...]
"""Stretches of a day in seconds from midnight."""


class Case(NamedTuple):
    """A calendar near a change of clocks, and two instants in seconds of UTC."""

    zone: str
    centre: int
    week: tuple[Hours, ...]
    holidays: dict[str, str]
    special: dict[str, Hours]
    breaks: dict[str, Hours]
    start: int
    end: int

    @property
    def calendar(self) -> Calendar:
        """The calendar as the policy holds it."""
        days = zip(DAYS, map(_windows, self.week), strict=True)
        return Calendar(
            zone=Zone(self.zone),
            hours=Week(**dict(days)),
            holidays={DateKey(key): name for key, name in self.holidays.items()},
            special_hours={
                DateKey(key): SpecialHours(hours=_windows(hours), name=f"special {key}")
                for key, hours in self.special.items()
            },
            breaks={DateKey(key): _windows(hours) for key, hours in self.breaks.items()},
        )


def _windows(hours: Hours) -> tuple[Window, ...]:
    return tuple(Window(*pair) for pair in hours)


def names(key: str, day: date) -> bool:
    """Whether a key of a calendar names a date, by its letters."""
    begin, dots, end = key.partition("..")
    is_dated = len(begin) > len("12-24")
    text = day.isoformat() if is_dated else day.isoformat()[5:]
    last = end if dots else begin
    if begin <= last:
        return begin <= text <= last
    return text >= begin or text <= last


def rank(key: str) -> tuple[bool, bool]:
    """How nearly a key names its day: with the year, and as a single date."""
    begin, _, end = key.partition("..")
    return len(begin) > len("12-24"), end in ("", begin)


def nearest(entries: dict[str, object], day: date) -> str:
    """Of the keys that name a date the one that counts; nothing if none does."""
    return max((key for key in entries if names(key, day)), key=rank, default="")


class Row(NamedTuple):
    """A case second by second, from UTC second `origin` on.

    `kinds` has a number for each second: closed, working, or that of a holiday in `labels`.
    `own` has for each date the seconds that are open by its own hours.
    """

    origin: int
    kinds: bytearray
    labels: list[str]
    own: dict[date, bytearray]

    def kind(self, number: int) -> tuple[str, str]:
        """The kind of a part and its name."""
        if number in (CLOSED, WORKING):
            return ("working" if number else "closed"), ""
        return "holiday", self.labels[number]


class _Reader:
    """Reads one case; `own` and `kinds` fill up on the way."""

    def __init__(self, case: Case) -> None:
        self._case, self._known = case, table(case.zone, case.centre)
        self._origin, self._length = self._known.origin * 60, len(self._known.walls) * 60
        self._kinds, self._labels = bytearray(self._length), ["closed", "working"]
        ordinals = sorted({wall // DAY_MINUTES for wall in self._known.walls})
        self._own = {date.fromordinal(each): bytearray(self._length) for each in ordinals}

    def row(self) -> Row:
        """The case as a row of seconds: hours and holidays, then breaks, then what is open."""
        for day in self._own:
            self._begin(day)
        for day in self._own:
            self._break(day)
        for each in self._own.values():
            at = each.find(1)
            while at >= 0:
                over = each.find(0, at)
                over = over if over >= 0 else self._length
                self._kinds[at:over] = bytes([WORKING]) * (over - at)
                at = each.find(1, over)
        return Row(self._origin, self._kinds, self._labels, self._own)

    def _begin(self, day: date) -> None:
        case = self._case
        holiday, special = nearest(dict(case.holidays), day), nearest(dict(case.special), day)
        usual = case.week[day.weekday()]
        hours = () if holiday else case.special[special] if special else usual
        for begin, end in hours:
            where = self._stretch(day, begin, end)
            self._own[day][where] = b"\1" * (where.stop - where.start)
        if holiday:
            where = self._stretch(day, 0, max([DAY_S, *(end for _, end in usual)]))
            name = case.holidays[holiday]
            if name not in self._labels:
                self._labels.append(name)
            label = bytes([self._labels.index(name)])
            self._kinds[where] = self._kinds[where].replace(b"\0", label)

    def _break(self, day: date) -> None:
        for key, hours in self._case.breaks.items():
            for begin, end in hours if names(key, day) else ():
                where = self._stretch(day, begin, end)
                for each in self._own.values():
                    each[where] = bytes(where.stop - where.start)

    def _stretch(self, day: date, begin: int, end: int) -> slice:
        midnight = day.toordinal() * DAY_S
        opens = self._known.edge(midnight + begin, closing=False)
        closes = self._known.edge(midnight + end, closing=True)
        if opens is None or closes is None or closes <= opens:
            return slice(0, 0)
        return slice(opens - self._origin, closes - self._origin)


def read(case: Case) -> Row:
    """The case as a row of seconds."""
    return _Reader(case).row()


def between(row: Row, start: int, end: int) -> int:
    """The open seconds between two instants."""
    return row.kinds.count(WORKING, start - row.origin, end - row.origin) if end > start else 0


def after(row: Row, start: int, seconds: int) -> int | None:
    """The instant after the second that is the last to be waited for; None outside the row."""
    at = start - row.origin - 1
    for _ in range(seconds):
        at = row.kinds.find(WORKING, at + 1)
        if at < 0:
            return None
    return row.origin + at + 1


def before(row: Row, start: int, seconds: int) -> int | None:
    """The second that is the first to be gone back to; None outside the row."""
    at = start - row.origin
    for _ in range(seconds):
        at = row.kinds.rfind(WORKING, 0, at)
        if at < 0:
            return None
    return row.origin + at


def business_days(case: Case, row: Row, start: int, days: int) -> int | None:
    """The same time of day so many working dates on or back; None outside the row."""
    known, at = table(case.zone, case.centre), start - row.origin
    if row.kinds[at] != WORKING:
        at = row.kinds.find(WORKING, at) if days > 0 else row.kinds.rfind(WORKING, 0, at)
    closed = days < 0 and at != start - row.origin  # the closing is the end of its last second
    shown = date.fromordinal(known.walls[at // 60] // DAY_MINUTES)
    owners = [
        day for day in (shown, shown - timedelta(days=1)) if day in row.own and row.own[day][at]
    ]
    if at < 0 or not owners:
        return None
    wall = known.walls[(at + closed) // 60] * 60 + (at + closed) % 60
    clock = wall - owners[0].toordinal() * DAY_S
    ordered = sorted(row.own) if days > 0 else sorted(row.own, reverse=True)
    further = [day for day in ordered[ordered.index(owners[0]) + 1 :] if row.own[day].count(1)]
    if len(further) < abs(days):
        return None
    day = further[abs(days) - 1]
    edge = known.edge(day.toordinal() * DAY_S + clock, closing=False)
    if edge is None:
        return None
    seconds, aim = row.own[day], edge - row.origin
    if aim >= 0 and not seconds[aim]:
        last = seconds.rfind(1, 0, aim)
        aim = last + 1 if last >= 0 else seconds.find(1)
    return row.origin + aim


def parts(row: Row, start: int, end: int) -> list[Part]:
    """The runs of seconds of one kind."""
    found: list[Part] = []
    at = start
    for number, run in groupby(row.kinds[start - row.origin : end - row.origin]):
        kind, name = row.kind(number)
        length = sum(1 for _ in run)
        found.append(Part(at, at + length, kind, name))  # type: ignore[arg-type]
        at += length
    return found


def near_days(case: Case) -> list[date]:
    """The dates about the change of clocks."""
    day = datetime.fromtimestamp(case.centre * 60, timezone.utc).date()
    return [day + timedelta(days=each) for each in range(-3, 4)]
