"""The period of a report: from when until when, in which slots, and what it is compared with.

Days, weeks and months are those of the desk's zone; instants are seconds of UTC. A period ends
before its last instant.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.policy.local import begins_day, day_of, instant_of, local

if TYPE_CHECKING:
    from collections.abc import Iterator

Step: TypeAlias = Literal["hour", "day", "week", "month", "year"]

_HOUR_S, _DAY_S = 3600, 24 * 3600
_MONTHS = 12
_UNTIL = {"hour": 2, "day": 45, "week": 200, "month": 1900}
"""Up to how many days a period has slots of that length."""
_BEGINNING = date(1971, 1, 1)
"""No ticket is older: the first year that an instant may lie in."""

_AGO = re.compile(r"([1-9][0-9]{0,3})([dwm])")
_MONTH = re.compile(r"(19[89][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(19[89][0-9]|2[01][0-9]{2})-?[qQ]([1-4])")
_YEAR = re.compile(r"(19[89][0-9]|2[01][0-9]{2})")
NAMED = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "this-quarter",
    "last-quarter",
    "this-year",
    "last-year",
    "all",
)
"""What a period may be called beside `2026-11`, `2026-Q4`, `2026` and `30d`, `12w`, `6m`."""


class Period(NamedTuple):
    """A stretch of time that is counted.

    Args:
        since, until: in seconds of UTC, the end not in it.
        before: when the period began that it is compared with, which ends where it begins; None if
            there is none.
        step: how long a slot is; `edges`: where slots end, the last one with the period.
    """

    since: int
    until: int
    before: int | None
    step: Step
    edges: tuple[int, ...]


def named(text: str, now: int, zone: str) -> Period | None:
    """The period of a name, at an instant; None if it is no name of one."""
    folded = text.casefold()
    today = date.fromordinal(day_of(now, zone))
    tomorrow = today + timedelta(days=1)
    if folded == "all":
        return _made(_midnight(_BEGINNING, zone), _midnight(tomorrow, zone), None, zone)
    ago = _AGO.fullmatch(folded)
    if ago:
        start, end = _ago(int(ago.group(1)), ago.group(2), today), tomorrow
        days = (end - start).days
        since, until = _midnight(start, zone), _midnight(end, zone)
        return _made(since, until, _midnight(start - timedelta(days=days), zone), zone)
    found = _current(folded, today) or _stated(text)
    if found is None:
        return None
    start, end = found[0], min(found[1], tomorrow) if found[0] <= today else found[1]
    return between(_midnight(start, zone), _midnight(end, zone), zone)


def between(since: int, until: int, zone: str) -> Period:
    """The period from one instant to another, and the one before it.

    Before whole months are as many months; before whole days as many days; before anything else
    the same length of time.
    """
    return _made(since, until, _before(since, until, zone), zone)


def _ago(count: int, unit: str, today: date) -> date:
    """The first of so many days, weeks or months of which today is the last day."""
    if unit == "m":
        return _months(today, -count) + timedelta(days=1)
    return today - timedelta(days=count * (7 if unit == "w" else 1) - 1)


def _current(name: str, today: date) -> tuple[date, date] | None:
    """The first day of a period that is named by how it lies to today, and the first after it."""
    which, _, unit = name.partition("-")
    if name in ("today", "yesterday"):
        start = today - timedelta(days=name == "yesterday")
        return start, start + timedelta(days=1)
    if which not in ("this", "last"):
        return None
    back = which == "last"
    if unit == "week":
        start = today - timedelta(days=today.weekday() + 7 * back)
        return start, start + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months is None:
        return None
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    start = _months(first, -months * back)
    return start, _months(start, months)


def _stated(text: str) -> tuple[date, date] | None:
    """The first day of a month, quarter or year, and the first after it."""
    if month := _MONTH.fullmatch(text):
        start, months = date(int(month.group(1)), int(month.group(2)), 1), 1
    elif quarter := _QUARTER.fullmatch(text):
        start, months = date(int(quarter.group(1)), 3 * int(quarter.group(2)) - 2, 1), 3
    elif year := _YEAR.fullmatch(text):
        start, months = date(int(year.group(1)), 1, 1), _MONTHS
    else:
        return None
    return start, _months(start, months)


def _months(day: date, count: int) -> date:
    """The same day so many months later, or the last of that month."""
    number = day.year * _MONTHS + day.month - 1 + count
    first = date(number // _MONTHS, number % _MONTHS + 1, 1)
    following = number + 1
    last = date(following // _MONTHS, following % _MONTHS + 1, 1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _before(since: int, until: int, zone: str) -> int:
    start, end = local(since, zone), local(until, zone)
    if not (begins_day(since, zone) and begins_day(until, zone)):
        return since - (until - since)
    if start.day == end.day == 1:
        months = (end.year - start.year) * _MONTHS + end.month - start.month
        return _midnight(_months(start.date(), -months), zone)
    return _midnight(start.date() - (end.date() - start.date()), zone)


def _made(since: int, until: int, before: int | None, zone: str) -> Period:
    days = (until - since) / _DAY_S
    step: Step = next((name for name in _steps() if days <= _UNTIL[name]), "year")
    edges = tuple(edge for edge in _edges(since, until, step, zone) if edge < until)
    return Period(since, until, before, step, (*edges, until))


def _steps() -> tuple[Literal["hour", "day", "week", "month"], ...]:
    return "hour", "day", "week", "month"


def _edges(since: int, until: int, step: Step, zone: str) -> Iterator[int]:
    """Where slots end: whole hours, days, weeks from Monday, months and years."""
    if step == "hour":
        ahead = _HOUR_S - local(since, zone).minute * 60 - local(since, zone).second
        yield from range(since + ahead, until, _HOUR_S)
        return
    day = date.fromordinal(day_of(since, zone))
    edge = since
    while edge < until:
        day = _next(day, step)
        edge = _midnight(day, zone)
        yield edge


def _next(day: date, step: Step) -> date:
    """The first day of the next slot."""
    if step == "day":
        return day + timedelta(days=1)
    if step == "week":
        return day + timedelta(days=7 - day.weekday())
    first = day.replace(day=1) if step == "month" else day.replace(month=1, day=1)
    return _months(first, 1 if step == "month" else _MONTHS)


def _midnight(day: date, zone: str) -> int:
    return instant_of(day.toordinal(), 0, zone)
