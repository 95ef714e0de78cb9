"""What a calendar has in store: when a time is over, its days one by one, and its coming year.

Instants are whole seconds of UTC since 1970.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.policy.dates import read_dates
from sdcli.sla.calendar import Part, WorkingTime
from sdcli.sla.wall import DAY_S, Wall, utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.agreements import SlaPolicies
    from sdcli.policy.calendars import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEAR_S = 365 * DAY_S
"""What is looked ahead, and how long a list of holidays should still last."""


class Amount(NamedTuple):
    """Some working time: seconds, or working days if `days` is not None; negative: backwards."""

    seconds: int = 0
    days: int | None = None


class Due(Struct, frozen=True):
    """When an amount of working time is over; `seconds` are those between the two instants."""

    calendar: str
    zone: str
    start: int
    amount: Amount
    seconds: int
    at: int
    known_until: int | None


class Between(Struct, frozen=True):
    """The working time between two instants."""

    calendar: str
    zone: str
    start: int
    end: int
    seconds: int
    known_until: int | None


class AgendaDay(Struct, frozen=True):
    """A local date: when it begins and ends, its parts, and why its hours are not the usual."""

    date: str
    start: int
    end: int
    parts: tuple[Part, ...]
    holiday: str = ""
    special: str = ""
    is_special: bool = False

    @property
    def working(self) -> list[Part]:
        """The parts that count."""
        return [part for part in self.parts if part.kind == "working"]

    @property
    def seconds(self) -> int:
        """The working time of the date."""
        return sum(part.end - part.start for part in self.working)


class Agenda(Struct, frozen=True):
    """The days of a calendar, one by one."""

    head: Headline
    days: tuple[AgendaDay, ...]


class Headline(Struct, frozen=True):
    """A calendar in short; `library` says where its public holidays are from, if it has any."""

    calendar: str
    zone: str
    weekly_s: int
    known_until: int | None
    library: str
    countries: tuple[str, ...]
    agreements: tuple[str, ...]


class Change(Struct, frozen=True):
    """A change of the clock, and how far it is ahead of UTC before and after, in seconds."""

    at: int
    before_s: int
    after_s: int


class Outlook(Struct, frozen=True):
    """The coming twelve months of a calendar, and what is worth a look."""

    head: Headline
    years: dict[int, int]
    holidays: tuple[AgendaDay, ...]
    special: tuple[AgendaDay, ...]
    closed_weekdays: tuple[str, ...]
    changes: tuple[Change, ...]
    remarks: tuple[str, ...]


def due(name: str, calendar: Calendar, start: int, amount: Amount) -> Due:
    """When an amount of working time from `start` is over.

    Raises:
        NoWorkingTimeError: the calendar does not hold so much.
    """
    time = WorkingTime(calendar, name)
    if amount.days is not None:
        at = time.business_days(start, amount.days)
    elif amount.seconds < 0:
        at = time.before(start, -amount.seconds)
    else:
        at = time.after(start, amount.seconds)
    seconds = amount.seconds
    if amount.days is not None:
        seconds = time.between(start, at) - time.between(at, start)
    return Due(name, calendar.zone, start, amount, seconds, at, time.known_until)


def between(name: str, calendar: Calendar, start: int, end: int) -> Between:
    """The working time between two instants; none if the end is not later."""
    time = WorkingTime(calendar, name)
    seconds = time.between(start, end)
    return Between(name, calendar.zone, start, end, seconds, time.known_until)


def headline(name: str, policies: SlaPolicies) -> Headline:
    """A calendar in short."""
    calendar = policies.calendars[name]
    entries = calendar.public_holidays
    return Headline(
        calendar=name,
        zone=calendar.zone,
        weekly_s=calendar.hours.seconds(),
        known_until=WorkingTime(calendar, name).known_until,
        library=next((entry.library for entry in entries), ""),
        countries=tuple("-".join(filter(None, (e.country, e.subdivision))) for e in entries),
        agreements=tuple(each for each, of in policies.agreements.items() if of.calendar == name),
    )


def agenda(name: str, policies: SlaPolicies, start: int, days: int) -> Agenda:
    """So many days of a calendar, from the local date of an instant on."""
    calendar = policies.calendars[name]
    first = Wall(calendar.zone).day(start)
    found = _days(WorkingTime(calendar, name), range(first, first + days))
    return Agenda(headline(name, policies), tuple(found))


def _days(time: WorkingTime, days: range) -> Iterator[AgendaDay]:
    """Local dates one by one; one that a zone leaves out is left out."""
    for day in days:
        ends = time.day(day)
        if ends:
            plan = time.plan(day)
            yield AgendaDay(
                date=date.fromordinal(day).isoformat(),
                start=ends[0],
                end=ends[1],
                parts=tuple(time.parts(*ends)),
                holiday=plan.holiday,
                special=plan.name,
                is_special=plan.is_special or bool(plan.breaks),
            )


def outlook(name: str, policies: SlaPolicies, now: int) -> Outlook:
    """The coming twelve months of a calendar."""
    calendar = policies.calendars[name]
    time, wall = WorkingTime(calendar, name), Wall(calendar.zone)
    today = wall.day(now)
    year = date.fromordinal(today).year
    coming = tuple(_days(time, range(today, wall.day(now + YEAR_S))))
    week = zip(calendar.hours.__struct_fields__, calendar.hours.days(), strict=True)
    return Outlook(
        head=headline(name, policies),
        years={each: _of_year(time, wall, each) for each in (year, year + 1)},
        holidays=tuple(each for each in coming if each.holiday),
        special=tuple(each for each in coming if each.is_special and not each.holiday),
        closed_weekdays=tuple(day for day, windows in week if not windows),
        changes=tuple(Change(*change) for change in wall.changes(now, now + YEAR_S)),
        remarks=tuple(remarks(name, calendar, now)),
    )


def _of_year(time: WorkingTime, wall: Wall, year: int) -> int:
    new_year, next_year = (date(each, 1, 1).toordinal() for each in (year, year + 1))
    return time.between(wall.begin(new_year, 0), wall.begin(next_year, 0))


def remarks(name: str, calendar: Calendar, now: int) -> Iterator[str]:
    """What is allowed in a calendar and worth a look."""
    time = WorkingTime(calendar, name)
    known_until = time.known_until
    if known_until is not None and known_until < now + YEAR_S:
        last = day_text(known_until - 1, calendar.zone)
        said = "ends with" if known_until > now else "ended with"
        yield f"the list of holidays of the calendar `{name}` {said} {last}: write down the next"
    if not time.between(now, now + YEAR_S):
        yield f"the calendar `{name}` has no working time in the coming twelve months"
    yield from _hidden(name, calendar, now)
    yield from _from_another(name, calendar)


def _from_another(name: str, calendar: Calendar) -> Iterator[str]:
    """Public holidays that another version of the library was asked for than there is now."""
    asked = {entry.library for entry in calendar.public_holidays if entry.library}
    if not asked:
        return
    from sdcli.policy.public_holidays import library  # noqa: PLC0415 - few calendars need it

    for other in sorted(asked - {library()}):
        said = (
            f"the public holidays of the calendar `{name}` are by {other}, and {library()} is here"
        )
        yield f"{said}: save sla_policies.yaml anew to take them over"


def _hidden(name: str, calendar: Calendar, now: int) -> Iterator[str]:
    """Special hours that never count, because an own holiday closes the day."""
    years = [date.fromordinal(utc_day(at)).year for at in (now, now + YEAR_S)]
    for key in calendar.special_hours:
        days = {day for year in years for day in read_dates(key).in_year(year)}
        time = WorkingTime(calendar, name)
        if days and all(time.plan(day).holiday for day in days):
            yield f"the special hours of {key} in the calendar `{name}` fall on its own holidays"


def day_text(at: int, zone: str) -> str:
    """The local date of an instant."""
    return f"{Wall(zone).shows(at):%Y-%m-%d}"


def weekday(day: str) -> str:
    """The weekday of a date, `mon`."""
    return WEEKDAYS[date.fromisoformat(day).weekday()]


def is_beyond(known_until: int | None, at: int) -> bool:
    """Whether an answer lies beyond the list of holidays, by seconds of UTC (T4)."""
    return known_until is not None and at > known_until
