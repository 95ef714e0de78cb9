"""What callers are told of a failure beside the text of its bulletin, in their words (R1a.1g)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.sla.calendar import local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.results.callers import Notice

TITLE = "What does not work just now"
NOTHING = "Nothing is known that does not work."
_LONGER = "later than was thought"
_LATE = "as soon as there is something new"


class Fact(NamedTuple):
    """A name, what is said, and the instant in UTC if it is one."""

    name: str
    said: str
    at: datetime | None = None


def facts(notice: Notice, now: datetime, zone: str) -> Iterator[Fact]:
    """What is told beside the text.

    Args:
        notice: the bulletin.
        now: the instant in UTC.
        zone: the IANA time zone that callers live by.
    """
    if notice.services:
        yield Fact("Concerns", ", ".join(notice.services))
    if notice.site:
        yield Fact("Where", notice.site)
    if notice.state:
        yield Fact("State", notice.state)
    for name, at, late in (
        ("Expected end", notice.until, _LONGER),
        ("Next update", notice.next_update, _LATE),
    ):
        if at and at < now:  # a time that has passed is no promise
            yield Fact(name, late)
        elif at:
            yield Fact(name, clock(at, zone), at)


def clock(at: datetime, zone: str) -> str:
    """`Monday 23 November 2026, 14:00 GMT`."""
    here = local(at, zone)
    return f"{here:%A} {here.day} {here:%B %Y, %H:%M %Z}"
