"""What must hold of calendars (T4, T6, T8): hours that do not overlap, and some of them."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from sdcli.policy.dates import read_dates, rivals
from sdcli.policy.model import SLA_POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sdcli.errors import Problem
    from sdcli.policy.calendars import Calendar, Window
    from sdcli.policy.check import Files

_DAY_S = 24 * 3600
_WEEK_S = 7 * _DAY_S
_LEAP_YEAR = 2000


def calendars(files: Files) -> Iterator[Problem]:
    """The problems of all calendars that could be decoded."""
    for name, calendar in files.sla.calendars.items():
        if calendar is not None:
            at = f"calendars.{name}"
            yield from _hours(files, at, name, calendar)
            yield from _special(files, at, calendar)
            yield from _public(files, at, calendar)


def _hours(files: Files, at: str, name: str, calendar: Calendar) -> Iterator[Problem]:
    if not _ever_open(calendar):
        path = files.first_given(SLA_POLICIES, at, ["hours"])
        yield files.problem(SLA_POLICIES, path, f"the calendar `{name}` has no working time")
    days = dict(zip(calendar.hours.__struct_fields__, calendar.hours.days(), strict=True))
    for index, (day, windows) in enumerate(days.items()):
        path = f"{at}.hours.{day}"
        if overlaps(windows):
            yield files.problem(SLA_POLICIES, path, f"working hours of {day} overlap")
            continue
        before = list(days)[index - 1]
        late = max((window.closes for window in days[before]), default=0) - _DAY_S
        if late > min((window.opens for window in windows), default=_DAY_S):
            message = f"working hours of {day} overlap with the shift that began on {before}"
            yield files.problem(SLA_POLICIES, path, message)


def overlaps(windows: Sequence[Window]) -> bool:
    """Whether some of the windows of a day overlap."""
    ordered = sorted(windows, key=lambda window: window.opens)
    return any(a.closes > b.opens for a, b in pairwise(ordered))


def _special(files: Files, at: str, calendar: Calendar) -> Iterator[Problem]:
    for key, special in calendar.special_hours.items():
        if special is not None and overlaps(special.hours):
            path = f"{at}.special_hours.{key}"
            yield files.problem(SLA_POLICIES, path, f"special hours of {key} overlap")
    for one, other in combinations(calendar.special_hours, 2):
        if rivals(read_dates(one), read_dates(other)):
            message = (
                f"special hours of {one} and {other} name the same date: nothing says which hold"
            )
            yield files.problem(SLA_POLICIES, f"{at}.special_hours.{other}", message)
    for key, breaks in calendar.breaks.items():
        if overlaps(breaks):
            yield files.problem(SLA_POLICIES, f"{at}.breaks.{key}", f"breaks of {key} overlap")


def _public(files: Files, at: str, calendar: Calendar) -> Iterator[Problem]:
    if not calendar.public_holidays:
        return
    from sdcli.policy.public_holidays import wrong  # noqa: PLC0415 - imports the library

    for index, entry in enumerate(calendar.public_holidays):
        path = f"{at}.public_holidays.{index}"
        if entry is not None:
            for key, message in wrong(entry):
                place = files.first_given(SLA_POLICIES, path, [key])
                yield files.problem(SLA_POLICIES, place, message)


def lasting(files: Files) -> Iterator[Problem]:
    """A calendar that anything is promised by has hours each week or each year.

    Hours of single dates are over one day, and from then on nothing could fall due by it.
    """
    users = dict(_users(files))
    for name, calendar in files.sla.calendars.items():
        if calendar and name in users and _ever_open(calendar) and not _open_for_good(calendar):
            path = files.first_given(SLA_POLICIES, f"calendars.{name}", ("special_hours", "hours"))
            message = (
                f"the calendar `{name}` has hours on single dates only, and {users[name]} goes by "
                "it for good: give it hours of weekdays, or special hours of each year"
            )
            yield files.problem(SLA_POLICIES, path, message)


def _users(files: Files) -> Iterator[tuple[str, str]]:
    """The calendars that are gone by, and who goes by them."""
    sla = files.sla
    yield sla.default_calendar, "`default_calendar`"
    entries: dict[str, Mapping[str, Any]] = {
        "the agreement": sla.agreements,
        "the site": sla.sites,
        "the queue": sla.operational_levels,
        "the supplier": sla.underpinning_contracts,
        "the service": files.catalog.services,
    }
    for word, found in entries.items():
        for name, entry in found.items():
            if entry is not None and entry.calendar:
                yield entry.calendar, f"{word} `{name}`"


def _open_for_good(calendar: Calendar) -> bool:
    """Whether some of its hours come each week or each year."""
    yearly = (each for key, each in calendar.special_hours.items() if read_dates(key).is_yearly)
    return any(calendar.hours.days()) or any(each and each.hours for each in yearly)


def _ever_open(calendar: Calendar) -> bool:
    """Whether there is a date that working hours begin on, as far as yearly entries decide it."""
    if any(special and special.hours for special in calendar.special_hours.values()):
        return True
    if not any(calendar.hours.days()):
        return False
    yearly = (read_dates(key) for key in calendar.holidays)
    closed = {day for dates in yearly if dates.is_yearly for day in dates.in_year(_LEAP_YEAR)}
    return len(closed) < 366  # noqa: PLR2004 - the days of a leap year
