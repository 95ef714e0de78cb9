"""Working time against literal examples and against a minute-by-minute reading of the wall clock.

The oracle turns every UTC minute of some days into local time and never the other way round, so
it shares no step with the code under test. What the module promises of doubtful local times is
read off that table: a time that exists twice has a first and a last minute in it, and a time
that does not exist lies between two neighbouring minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sdcli.errors import NoWorkingTimeError
from sdcli.policy.calendars import Calendar, PublicHolidays, SpecialHours, Week, Window
from sdcli.policy.decode import window
from sdcli.policy.scalars import DateKey, Zone
from sdcli.sla.calendar import Part, WorkingTime
from tests.sampling import examples
from tests.sla.oracle import YEARS, Table, changes, table

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3600
DAY_MINUTES = 24 * 60
SPAN_DAYS = 5
OFFICE = ("09:00-17:00",)
ALWAYS = ("00:00-24:00",)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def working(zone: str, hours: Mapping[str, tuple[str, ...]], *holidays: str) -> WorkingTime:
    """Working time from hours as a file writes them."""
    week = Week(**{day: tuple(window(text) for text in texts) for day, texts in hours.items()})
    closed = {DateKey(day): "closed" for day in holidays}
    return WorkingTime(Calendar(zone=Zone(zone), hours=week, holidays=closed))


def utc(text: str) -> int:
    """Seconds of an instant written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


def local(zone: str, text: str) -> int:
    """Seconds of an instant written in a zone's undoubted local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


WORKDAYS = dict.fromkeys(DAYS[:5], OFFICE)
LUNCH = dict.fromkeys(DAYS[:5], ("09:00-12:00", "13:00-17:00"))
NIGHTS = dict.fromkeys(DAYS[:5], ("22:00-06:00",))
AROUND = dict.fromkeys(DAYS, ALWAYS)

# hours, holidays, start, end, working time between them; the week of Monday 2026-11-23, UTC.
BETWEEN = {
    "inside a window": (WORKDAYS, "", "2026-11-23T10:00:00", "2026-11-23T10:00:01", 1),
    "before opening": (WORKDAYS, "", "2026-11-23T07:00", "2026-11-23T09:00", 0),
    "after closing": (WORKDAYS, "", "2026-11-23T17:00", "2026-11-23T23:00", 0),
    "over a night": (WORKDAYS, "", "2026-11-23T16:00", "2026-11-24T10:00", 2 * HOUR),
    "over a weekend": (WORKDAYS, "", "2026-11-27T16:00", "2026-11-30T10:00", 2 * HOUR),
    "inside a weekend": (WORKDAYS, "", "2026-11-28T00:00", "2026-11-30T00:00", 0),
    "over a holiday": (WORKDAYS, "2026-11-24", "2026-11-23T16:00", "2026-11-25T10:00", 2 * HOUR),
    "lunch is closed": (LUNCH, "", "2026-11-23T11:30", "2026-11-23T13:30", HOUR),
    "a day with lunch": (LUNCH, "", "2026-11-23T00:00", "2026-11-24T00:00", 7 * HOUR),
    "a night shift": (NIGHTS, "", "2026-11-23T20:00", "2026-11-24T08:00", 8 * HOUR),
    "into the weekend": (NIGHTS, "", "2026-11-27T23:00", "2026-11-28T12:00", 7 * HOUR),
    "no Sunday shift": (NIGHTS, "", "2026-11-29T12:00", "2026-11-30T12:00", 0),
    "shift of a holiday": (NIGHTS, "2026-11-24", "2026-11-24T12:00", "2026-11-25T12:00", 0),
    "shift into a holiday": (
        NIGHTS,
        "2026-11-24",
        "2026-11-23T12:00",
        "2026-11-24T12:00",
        8 * HOUR,
    ),
    "24:00 meets 00:00": (AROUND, "", "2026-11-23T12:00", "2026-11-30T12:00", 7 * 24 * HOUR),
    "end before start": (WORKDAYS, "", "2026-11-23T16:00", "2026-11-23T10:00", 0),
    "no time at all": (WORKDAYS, "", "2026-11-23T10:00", "2026-11-23T10:00", 0),
}

# hours, holidays, start, seconds to wait, when they are over.
AFTER = {
    "the same day": (WORKDAYS, "", "2026-11-23T10:00", 2 * HOUR, "2026-11-23T12:00"),
    "from before opening": (WORKDAYS, "", "2026-11-23T03:00", HOUR, "2026-11-23T10:00"),
    "from the weekend": (WORKDAYS, "", "2026-11-28T12:00", HOUR, "2026-11-30T10:00"),
    "over the weekend": (WORKDAYS, "", "2026-11-27T16:00", 2 * HOUR, "2026-11-30T10:00"),
    "over a holiday": (WORKDAYS, "2026-11-24", "2026-11-23T16:00", 2 * HOUR, "2026-11-25T10:00"),
    "over lunch": (LUNCH, "", "2026-11-23T11:00", 2 * HOUR, "2026-11-23T14:00"),
    "closing time is closing time": (WORKDAYS, "", "2026-11-23T16:00", HOUR, "2026-11-23T17:00"),
    "one second more": (WORKDAYS, "", "2026-11-23T16:00", HOUR + 1, "2026-11-24T09:00:01"),
    "lunch time is lunch time": (LUNCH, "", "2026-11-23T11:00", HOUR, "2026-11-23T12:00"),
    "from closing time": (WORKDAYS, "", "2026-11-23T17:00", 1, "2026-11-24T09:00:01"),
    "a night shift": (NIGHTS, "", "2026-11-23T23:00", 3 * HOUR, "2026-11-24T02:00"),
    "the end of a shift": (NIGHTS, "", "2026-11-23T12:00", 8 * HOUR, "2026-11-24T06:00"),
    "through 24:00": (AROUND, "", "2026-11-23T23:00", 2 * HOUR, "2026-11-24T01:00"),
    "at 24:00": (AROUND, "", "2026-11-23T23:00", HOUR, "2026-11-24T00:00"),
    "nothing is over at once": (WORKDAYS, "", "2026-11-28T12:00", 0, "2026-11-28T12:00"),
    "less than nothing as well": (WORKDAYS, "", "2026-11-23T12:00", -5, "2026-11-23T12:00"),
    "a long wait": (WORKDAYS, "", "2026-11-23T09:00", 80 * HOUR, "2026-12-04T17:00"),
}


@pytest.mark.parametrize(
    ("hours", "holiday", "start", "end", "want"), BETWEEN.values(), ids=BETWEEN
)
def test_between_counts_open_seconds_only(
    hours: dict[str, tuple[str, ...]], holiday: str, start: str, end: str, want: int
) -> None:
    """Only seconds inside a working window count; a shift belongs to the day it begins on."""
    time = working("UTC", hours, *filter(None, [holiday]))
    assert time.between(utc(start), utc(end)) == want


@pytest.mark.parametrize(("hours", "holiday", "start", "wait", "want"), AFTER.values(), ids=AFTER)
def test_after_is_the_first_instant_at_which_the_time_has_passed(
    hours: dict[str, tuple[str, ...]], holiday: str, start: str, wait: int, want: str
) -> None:
    """Waiting jumps over closed time, and ends at closing time if it runs out exactly then."""
    time = working("UTC", hours, *filter(None, [holiday]))
    assert time.after(utc(start), wait) == utc(want)


def test_a_day_has_as_many_hours_as_the_clocks_make_it() -> None:
    """Around the clock, a spring day counts 23 hours and an autumn day 25."""
    time = working("Europe/London", AROUND)
    spring = (local("Europe/London", "2026-03-29"), local("Europe/London", "2026-03-30"))
    autumn = (local("Europe/London", "2026-10-25"), local("Europe/London", "2026-10-26"))
    assert time.between(*spring) == 23 * HOUR
    assert time.between(*autumn) == 25 * HOUR


def test_office_hours_follow_the_wall_clock() -> None:
    """Nine o'clock is nine o'clock local on both sides of a change of clocks."""
    time = working("Europe/London", WORKDAYS)
    friday, monday = utc("2026-03-27T17:00"), utc("2026-03-30T08:00")
    assert time.between(friday, monday) == 0
    assert time.after(friday, 1) == monday + 1


def test_a_window_that_begins_in_the_gap_begins_as_far_after_it() -> None:
    """01:30 does not exist in London on 2026-03-29: it counts as 02:30 summer time."""
    time = working("Europe/London", {"sun": ("01:30-04:00",)})
    assert time.after(utc("2026-03-28T12:00"), 1) == utc("2026-03-29T01:30:01")
    assert time.between(utc("2026-03-28T12:00"), utc("2026-03-29T12:00")) == 90 * 60


def test_a_window_takes_in_both_of_a_time_that_exists_twice() -> None:
    """01:15 to 01:45 in London on 2026-10-25 runs from the first 01:15 to the second 01:45."""
    time = working("Europe/London", {"sun": ("01:15-01:45",)})
    day = (utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))
    assert time.between(*day) == 90 * 60
    assert time.after(day[0], 1) == utc("2026-10-25T00:15:01")
    assert time.after(day[0], 90 * 60) == utc("2026-10-25T01:45")


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Africa/Cairo", "2026-04-20T00:00", "2026-04-27T00:00"),
        ("America/Santiago", "2026-09-01T00:00", "2026-09-15T00:00"),
        ("America/Havana", "2026-03-01T00:00", "2026-03-15T00:00"),
        ("America/Sao_Paulo", "2018-11-01T00:00", "2018-11-10T00:00"),
    ],
)
def test_around_the_clock_loses_nothing_when_clocks_jump_at_midnight(
    zone: str, start: str, end: str
) -> None:
    """Where the gap begins at midnight, the day before still ends when the next one begins."""
    assert working(zone, AROUND).between(utc(start), utc(end)) == utc(end) - utc(start)


@pytest.mark.parametrize(
    ("hours", "want"), [("00:00-01:30", 90), ("22:00-01:30", 90), ("01:15-01:45", 30)]
)
def test_a_window_that_ends_in_the_gap_ends_as_far_after_it(hours: str, want: int) -> None:
    """An end at 01:30, which does not exist in London on 2026-03-29, counts as 02:30 summer time."""
    day = "sat" if hours.startswith("22") else "sun"
    time = working("Europe/London", {day: (hours,)})
    start = utc("2026-03-29T00:00")
    assert time.between(start, start + 12 * HOUR) == want * 60


def test_a_day_ends_when_the_next_begins_where_midnight_exists_twice() -> None:
    """Saturday until 24:00 takes in nothing of a closed Sunday, though 00:00 comes twice there."""
    time = working("America/Havana", {"sat": ALWAYS})
    sunday = local("America/Havana", "2026-11-01T00:00")
    assert time.between(sunday - 24 * HOUR, sunday + 12 * HOUR) == 24 * HOUR


def test_a_day_that_was_skipped_hides_nothing_of_the_next() -> None:
    """Apia had no 2011-12-30: its windows take nothing away from those of Saturday."""
    hours = {"fri": ("09:00-18:00",), "sat": ("08:00-12:00",)}
    time = working("Pacific/Apia", hours)
    eight = local("Pacific/Apia", "2011-12-31T08:00")
    assert time.between(eight - 16 * HOUR, eight + HOUR // 2) == HOUR // 2


def test_a_window_in_the_gap_hides_nothing_of_the_next_date() -> None:
    """In Nuuk the gap ends at midnight, so a Saturday window in it lies over Sunday's first hour."""
    hours = {"sat": ("23:10-23:30",), "sun": ("00:00-01:00",)}
    time = working("America/Nuuk", hours)
    sunday = local("America/Nuuk", "2026-03-29T00:00")
    assert time.between(sunday - 12 * HOUR, sunday + 12 * HOUR) == HOUR
    assert time.between(sunday, sunday + 60) == 60
    assert list(time.parts(sunday, sunday + 2 * HOUR)) == [
        Part(sunday, sunday + HOUR, "working"),
        Part(sunday + HOUR, sunday + 2 * HOUR, "closed"),
    ]


def test_a_break_of_which_the_gap_leaves_nothing_is_none() -> None:
    """01:30 to 02:15 in London on 2026-03-29 begins at 02:30 and so after its end."""
    week = Week(sun=(window("00:00-12:00"),))
    taken: Any = {"breaks": {"2026-03-29": (window("01:30-02:15"),)}}
    time = WorkingTime(Calendar(zone=Zone("Europe/London"), hours=week, **taken))
    midnight = local("Europe/London", "2026-03-29T00:00")
    assert time.between(midnight, midnight + 24 * HOUR) == 11 * HOUR


# Special days.


def days(**keys: Any) -> WorkingTime:
    """Weekdays from nine to five in London, with what else a calendar may say."""
    week = Week(**{day: tuple(window(text) for text in OFFICE) for day in DAYS[:5]})
    return WorkingTime(Calendar(zone=Zone("Europe/London"), hours=week, **keys))


def special(*hours: str) -> SpecialHours:
    """Special hours as a file writes them."""
    return SpecialHours(hours=tuple(window(text) for text in hours))


HALF = special("09:00-12:00")
PUBLIC = PublicHolidays(country="GB", known={2026: {"2026-12-25": "Christmas Day"}}, until=2101)
# What a calendar says of Christmas 2026, and how many hours that Friday has.
NEARER = {
    "a public holiday closes": ({}, 0),
    "special hours go before a public holiday": ({"special_hours": {"12-25": HALF}}, 3),
    "an own holiday goes before special hours": (
        {"special_hours": {"2026-12-25": HALF}, "holidays": {"12-25": "own"}},
        0,
    ),
    "the year goes before each year": (
        {"special_hours": {"12-25": special("09:00-10:00"), "2026-12-20..2026-12-31": HALF}},
        3,
    ),
    "one date goes before a range": (
        {"special_hours": {"12-20..12-31": special("09:00-10:00"), "12-25": HALF}},
        3,
    ),
    "a break is always taken out": (
        {"special_hours": {"12-25": HALF}, "breaks": {"12-20..12-31": (window("10:00-11:00"),)}},
        2,
    ),
}


@pytest.mark.parametrize(("keys", "hours"), NEARER.values(), ids=NEARER.keys())
def test_the_nearer_word_counts(keys: dict[str, Any], hours: int) -> None:
    """Own holiday, special hours, public holiday, weekday: the first that says something."""
    friday = utc("2026-12-25T00:00")
    time = days(public_holidays=(PUBLIC,), **keys)
    assert time.between(friday, friday + 24 * HOUR) == hours * HOUR


def test_parts_name_what_is_closed_because_of_a_holiday() -> None:
    """The date of a holiday, and the hours of its night shift after midnight, bear its name."""
    week = Week(thu=(window("22:00-06:00"),), fri=(window("22:00-06:00"),))
    closed = {DateKey("2026-12-25"): "Christmas Day"}
    time = WorkingTime(Calendar(zone=Zone("UTC"), hours=week, holidays=closed))
    start = utc("2026-12-24T12:00")
    assert list(time.parts(start, start + 48 * HOUR)) == [
        Part(start, start + 10 * HOUR, "closed"),
        Part(start + 10 * HOUR, start + 18 * HOUR, "working"),
        Part(start + 18 * HOUR, start + 42 * HOUR, "holiday", "Christmas Day"),
        Part(start + 42 * HOUR, start + 48 * HOUR, "closed"),
    ]
    assert list(time.parts(start, start)) == []


def test_until_when_holidays_are_known() -> None:
    """Public ones until the library ends, dated ones for their year, yearly ones for good (T4)."""
    assert days(public_holidays=(PUBLIC,)).known_until == utc("2101-01-01")
    assert days(holidays={"2026-03-01": "x", "12-25": "y"}).known_until == utc("2027-01-01")
    assert days(holidays={"2026-12-24..2027-01-02": "x"}).known_until == utc("2028-01-01")
    assert days(holidays={"12-25": "y"}).known_until is None
    assert days(special_hours={"2026-12-24": HALF}).known_until is None


def test_public_holidays_beyond_those_kept_are_asked_for() -> None:
    """A question about 2060 knows Christmas, though the policy holds 2026 only."""
    day = utc("2060-12-27T00:00")  # a Monday, in lieu of the Saturday
    assert days(public_holidays=(PUBLIC,)).between(day, day + 24 * HOUR) == 0
    assert days().between(day, day + 24 * HOUR) == 8 * HOUR


@pytest.mark.parametrize(
    "keys",
    [{"holidays": {"01-01..12-31": "closed"}}, {"holidays": {"2026-01-01..9999-12-31": "closed"}}],
)
def test_no_working_time_ahead_is_an_error(keys: dict[str, Any]) -> None:
    """The engine looks some years ahead and then says so, instead of going on for ever (T8)."""
    with pytest.raises(NoWorkingTimeError, match="no working time"):
        days(**keys).after(utc("2026-06-01"), 1)
    with pytest.raises(NoWorkingTimeError, match="no working time"):
        days(**keys).business_days(utc("2026-06-01"), 1)
    assert days(**keys).between(utc("2026-06-01"), utc("2036-06-01")) == 0


def test_hours_that_come_every_eight_years_are_waited_for() -> None:
    """29 February of 2096 and then of 2104: no false alarm, and no hour is lost."""
    calendar = Calendar(zone=Zone("UTC"), special_hours={DateKey("02-29"): special("08:00-10:00")})
    time = WorkingTime(calendar)
    assert time.after(utc("2096-02-29T00:00"), 3 * HOUR) == utc("2104-02-29T09:00")
    assert time.before(utc("2104-02-29T09:00"), 3 * HOUR) == utc("2096-02-29T08:00")
    assert time.business_days(utc("2096-02-29T09:30"), 1) == utc("2104-02-29T09:30")


# start, working days, when they are over; nine to five, the weekday 2026-11-24 is closed.
BUSINESS_DAYS = {
    "the same time of day": ("2026-11-25T10:30", 2, "2026-11-27T10:30"),
    "over a weekend": ("2026-11-27T10:30", 1, "2026-11-30T10:30"),
    "over a holiday": ("2026-11-23T10:30", 1, "2026-11-25T10:30"),
    "from the evening": ("2026-11-25T20:00", 1, "2026-11-27T09:00"),
    "from the weekend": ("2026-11-28T10:30", 1, "2026-12-01T09:00"),
    "back": ("2026-11-25T10:30", -1, "2026-11-23T10:30"),
    "back from the weekend": ("2026-11-28T10:30", -1, "2026-11-26T17:00"),
    "into a half day": ("2026-12-01T15:00", 1, "2026-12-02T12:00"),
    "into a late opening": ("2026-12-02T09:30", 1, "2026-12-03T11:00"),
    "into a break": ("2026-12-03T12:30", 1, "2026-12-04T12:00"),
    "past a day of breaks": ("2026-12-04T10:00", 1, "2026-12-08T10:00"),
    "none": ("2026-11-28T10:30", 0, "2026-11-28T10:30"),
}


@pytest.mark.parametrize(("start", "number", "due"), BUSINESS_DAYS.values(), ids=BUSINESS_DAYS)
def test_business_days(start: str, number: int, due: str) -> None:
    """The same time of day so many working days on, or the nearest moment at which it is open."""
    time = days(
        holidays={"2026-11-24": "closed"},
        special_hours={"2026-12-02": HALF, "2026-12-03": special("11:00-17:00")},
        breaks={"2026-12-04": (window("12:00-13:00"),), "2026-12-07": (window("08:00-18:00"),)},
    )
    assert time.business_days(utc(start), number) == utc(due)


# The oracle.


class Case(NamedTuple):
    """A zone near a change of clocks, working hours, closed days, and two instants in seconds."""

    zone: str
    centre: int
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[str]
    start: int
    end: int

    @property
    def time(self) -> WorkingTime:
        """The code under test on this case."""
        week = Week(**dict(zip(DAYS, self.week, strict=True)))
        closed = {DateKey(day): "closed" for day in sorted(self.holidays)}
        return WorkingTime(Calendar(zone=Zone(self.zone), hours=week, holidays=closed))

    @property
    def walls(self) -> list[tuple[int, int]]:
        """The ends of every window of the table's days, as local minutes since the year 1."""
        known = table(self.zone, self.centre).walls
        found = []
        for ordinal in sorted({wall // DAY_MINUTES for wall in known}):
            day = date.fromordinal(ordinal)
            if day.isoformat() not in self.holidays:
                midnight = ordinal * DAY_MINUTES
                windows = self.week[day.weekday()]
                found += [
                    (midnight + each.opens // 60, midnight + each.closes // 60) for each in windows
                ]
        return found


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[Window, ...], ...]:
    """Working hours on a grid of a quarter or a minute; the last of a day may run overnight."""
    grid = draw(st.sampled_from((15, 15, 1)))
    hot = st.sampled_from((0, 60, 90, 105, 120, 135, 150, 180, 1380, 1425, DAY_MINUTES))
    anywhere = st.integers(0, DAY_MINUTES // grid).map(lambda step: step * grid)
    points = st.lists(st.one_of(anywhere, hot), min_size=0, max_size=6, unique=True).map(sorted)
    week = []
    for _ in DAYS:
        ends = draw(points)
        pairs = zip(ends[::2], ends[1::2], strict=False)
        windows = [Window(begin * 60, end * 60) for begin, end in pairs]
        if len(ends) % 2 and ends[-1] < DAY_MINUTES:
            until = draw(st.integers(0, ends[-1]))
            windows.append(Window(ends[-1] * 60, (DAY_MINUTES + until // grid * grid) * 60))
        week.append(tuple(windows))
    assume(any(week))
    return tuple(week)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Anything within two days of a change of clocks."""
    zone = draw(st.sampled_from(sorted(YEARS)))
    centre = draw(st.sampled_from(changes(zone)))
    near = datetime.fromtimestamp(centre * 60, timezone.utc).date()
    shifts = draw(st.sets(st.integers(-3, 3), max_size=2))
    start = centre * 60 + draw(st.integers(-2 * 24 * HOUR, 24 * HOUR))
    return Case(
        zone,
        centre,
        draw(weeks()),
        frozenset((near + timedelta(days=shift)).isoformat() for shift in shifts),
        start,
        start + draw(st.integers(0, 2 * 24 * HOUR)),
    )


def _minute(known: Table, wall: int, *, closing: bool = False) -> int | None:
    """The UTC minute of an end of a window, by the promise of the module."""
    found = known.edge(wall * 60, closing=closing)
    return None if found is None else found // 60


def by_promise(case: Case) -> bytearray:
    """Which minutes of the table are open: from the first opening to the last closing minute."""
    known = table(case.zone, case.centre)
    is_open = bytearray(len(known.walls))
    for opens, closes in case.walls:
        begin, end = _minute(known, opens), _minute(known, closes, closing=True)
        if begin is not None and end is not None and begin < end:
            here = slice(begin - known.origin, end - known.origin)
            is_open[here] = b"\1" * (end - begin)
    return is_open


def by_the_wall(case: Case) -> bytearray:
    """Which minutes of the table are open: those at which the wall shows working hours."""
    known = table(case.zone, case.centre)
    shown: set[int] = set()
    for opens, closes in case.walls:
        shown.update(range(opens, closes))
    return bytearray(wall in shown for wall in known.walls)


def counted(case: Case, is_open: bytearray) -> int:
    """The open seconds between the two instants of a case, minute by minute."""
    origin = table(case.zone, case.centre).origin
    return sum(
        min(case.end, (minute + 1) * 60) - max(case.start, minute * 60)
        for minute in range(case.start // 60, -(-case.end // 60))
        if is_open[minute - origin]
    )


MANY = hypothesis_settings(max_examples=examples(250))


@MANY
@given(case=cases())
def test_between_agrees_with_the_minutes_of_its_promise(case: Case) -> None:
    """Working time is the open minutes, with doubtful ends of windows read as documented."""
    assert case.time.between(case.start, case.end) == counted(case, by_promise(case))


@MANY
@given(case=cases())
def test_between_agrees_with_the_clock_on_the_wall(case: Case) -> None:
    """Where no window begins or ends at a doubtful time, the wall clock alone decides."""
    known = table(case.zone, case.centre)
    ends = [end for pair in case.walls for end in pair if known.walls[0] <= end < known.walls[-1]]
    assume(all(end in known.first and known.first[end] == known.last[end] for end in ends))
    assert case.time.between(case.start, case.end) == counted(case, by_the_wall(case))


@MANY
@given(case=cases(), wait=st.integers(1, 12 * HOUR))
def test_after_agrees_with_counting_minutes(case: Case, wait: int) -> None:
    """The time is over in the minute in which the open seconds since the start suffice."""
    is_open, origin = by_promise(case), table(case.zone, case.centre).origin
    left = wait
    for minute in range(case.start // 60, origin + len(is_open)):
        begin = max(case.start, minute * 60)
        lasts = (minute + 1) * 60 - begin
        if is_open[minute - origin]:
            if left <= lasts:
                assert case.time.after(case.start, wait) == begin + left
                return
            left -= lasts
    assert case.time.after(case.start, wait) >= (origin + len(is_open) - DAY_MINUTES) * 60


@MANY
@given(case=cases(), cut=st.floats(0, 1))
def test_between_adds_up(case: Case, cut: float) -> None:
    """Cutting a stretch in two loses nothing and counts nothing twice."""
    time, middle = case.time, case.start + int(cut * (case.end - case.start))
    parts = time.between(case.start, middle) + time.between(middle, case.end)
    assert parts == time.between(case.start, case.end)


@given(case=cases(), further=st.integers(0, 24 * HOUR))
def test_more_time_is_never_less_working_time(case: Case, further: int) -> None:
    """A later end never gives less, and never more than the time that has really passed."""
    time = case.time
    short, long = (time.between(case.start, end) for end in (case.end, case.end + further))
    assert 0 <= short <= long <= short + further
    assert short <= case.end - case.start


@MANY
@given(case=cases(), wait=st.integers(1, 60 * HOUR))
def test_after_undoes_between(case: Case, wait: int) -> None:
    """Until the time is over exactly that much has passed, and one second earlier not yet."""
    time = case.time
    over = time.after(case.start, wait)
    assert time.between(case.start, over) == wait
    assert time.between(case.start, over - 1) == wait - 1
    worked = time.between(case.start, case.end)
    assert time.after(case.start, worked) <= case.end


@given(case=cases(), wait=st.integers(0, 40 * HOUR), more=st.integers(0, 10 * HOUR))
def test_waiting_longer_is_never_over_earlier(case: Case, wait: int, more: int) -> None:
    """`after` grows with the time to wait and with the instant to start from."""
    time = case.time
    assert case.start <= time.after(case.start, wait) <= time.after(case.start, wait + more)
    assert time.after(case.start, wait) <= time.after(case.end, wait)


@given(case=cases())
def test_a_calendar_remembers_nothing_that_changes_an_answer(case: Case) -> None:
    """Days worked out for one question do not change the answer to another."""
    used = case.time
    used.between(case.start - 9 * 24 * HOUR, case.end + 9 * 24 * HOUR)
    used.after(case.end, 40 * HOUR)
    assert used.between(case.start, case.end) == case.time.between(case.start, case.end)


_PRINTS = """
from sdcli.errors import NoWorkingTimeError
from sdcli.policy.calendars import Calendar, PublicHolidays, SpecialHours, Week, Window
from sdcli.sla.calendar import WorkingTime
hours = {"mon": (540, 1020), "sat": (1320, 2700), "sun": (30, 200)}
week = Week(**{day: (Window(a * 60, b * 60),) for day, (a, b) in hours.items()})
for zone in ("Europe/London", "America/New_York", "Asia/Kathmandu"):
    time = WorkingTime(Calendar(zone=zone, hours=week, holidays={"2026-03-30": "closed"}))
    for start in range(1774500000, 1776000000, 50021):
        print(zone, start, time.between(start, start + 400000), time.after(start, 30000))
"""


def test_the_time_zone_of_the_process_does_not_matter() -> None:
    """The same bytes whatever the variable TZ says."""
    outputs = set()
    for zone in ("", "UTC", "America/New_York", "Pacific/Kiritimati", "no such zone"):
        environment = {**os.environ, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", _PRINTS], env=environment, capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 3 * 30
