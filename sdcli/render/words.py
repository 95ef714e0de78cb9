"""Small phrases for people: durations, instants, clocks."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.scalars import Amount
    from sdcli.sla.clock import Clock
    from sdcli.tickets.contact import Bulletin

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def span(seconds: int) -> str:
    """A duration in its two largest units: `3d 4h`, `2h 05m`, `12m`, `40s`."""
    seconds = abs(seconds)
    if seconds >= _DAY:
        return f"{seconds // _DAY}d {seconds % _DAY // _HOUR}h"
    if seconds >= _HOUR:
        return f"{seconds // _HOUR}h {seconds % _HOUR // _MINUTE:02}m"
    return f"{seconds // _MINUTE}m" if seconds >= _MINUTE else f"{seconds}s"


def work(seconds: int) -> str:
    """Working time in hours and minutes: `40h`, `1h 30m`, `15m`."""
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    return " ".join(part for part in (hours and f"{hours}h", minutes and f"{minutes}m") if part)


def amount(told: Amount) -> str:
    """How long something may take: `1h 30m`, `3 business days`."""
    days = told.business_days
    return count(days, "business day") if days else work(told.seconds)


def instant(at: datetime | int) -> str:
    """An instant to the minute, in UTC; a number is seconds since 1970."""
    when = datetime.fromtimestamp(at, timezone.utc) if isinstance(at, int) else at
    return f"{when:%Y-%m-%d %H:%M} UTC"


def weekday(day: str) -> str:
    """The day of the week of a date, whatever the language of the machine: `Mon`."""
    return _WEEKDAYS[date.fromisoformat(day).weekday()]


def exact(at: datetime | int) -> str:
    """An instant to the second, in UTC, as it can be typed again; a number as in `instant`."""
    when = datetime.fromtimestamp(at, timezone.utc) if isinstance(at, int) else at
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def share(percent: float | None) -> str:
    """A percentage with a decimal place where it has one: `80`, `62.5`, `1137600`."""
    return f"{percent or 0:.1f}".removesuffix(".0")


def clock(face: Clock, now: datetime) -> str:
    """How a clock stands: `due 2026-11-23 12:00 UTC (2h 05m left)`."""
    if face.state == "none" or face.due is None:
        return "no target"
    if face.state == "met":
        return f"met after {work(face.elapsed_s or 0) or 'less than a minute'} of working time"
    left = face.due - int(now.timestamp())
    when = instant(face.due)
    if face.state == "paused":
        return f"paused at {share(face.percent)} %; due {when} if work went on now"
    if face.state == "breached":
        return f"breached; was due {when}"
    return f"due {when} ({span(left)} left, {share(face.percent)} %)"


def whom(bulletin: Bulletin) -> str:
    """Whom a bulletin concerns: `email, every site`."""
    services = ", ".join(bulletin.services) or "every service"
    return f"{services}, {bulletin.site or 'every site'}"


def count(number: int, noun: str) -> str:
    """`1 ticket`, `2 tickets`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def are(number: int) -> str:
    """The verb for so many: `is` or `are`."""
    return "is" if number == 1 else "are"


RULES = "the desk's rules"
"""Who decided, where a machine reported it and nobody had looked yet."""


def refs(found: Sequence[str]) -> str:
    """References in brackets; nothing if there are none."""
    return f" [{' '.join(found)}]" if found else ""
