"""When time counts: calendars, as `sla_policies.yaml` writes them.

What holds on a date is one rule: the nearer word counts. An own holiday closes the day; else
special hours replace its hours; else a public holiday closes it; else it has the hours of its
weekday. Breaks are taken out of whatever is left, all of them. Of several other entries of one kind
for a date, one that names the year goes before one that comes each year, and then a single date
before a range.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from sdcli.policy.scalars import DateKey, Zone


class Window(Struct, frozen=True):
    """A stretch of a day in seconds from local midnight; after 86400 it runs into the next day."""

    opens: int
    closes: int


class Week(Struct, frozen=True):
    """The working hours of each weekday; a day left out is closed."""

    mon: tuple[Window, ...] = ()
    tue: tuple[Window, ...] = ()
    wed: tuple[Window, ...] = ()
    thu: tuple[Window, ...] = ()
    fri: tuple[Window, ...] = ()
    sat: tuple[Window, ...] = ()
    sun: tuple[Window, ...] = ()

    def days(self) -> tuple[tuple[Window, ...], ...]:
        """Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)

    def seconds(self) -> int:
        """The working time of a week."""
        return sum(window.closes - window.opens for day in self.days() for window in day)


class PublicHolidays(Struct, frozen=True, kw_only=True, rename={"excepted": "except"}):
    """The public holidays of a country, or of a part of it, by the `holidays` library.

    `known` holds them by year and date for the years that were looked up when the file was read;
    `until` is the first year that the library knows nothing of; `library` says which one it is, in
    which version. A file says none of them, and may leave the list away round a single entry.
    """

    OWN: ClassVar[tuple[str, ...]] = ("known", "until", "library")
    ALONE: ClassVar[bool] = True

    country: str
    subdivision: str = ""
    categories: tuple[str, ...] = ("public",)
    excepted: tuple[str, ...] = ()
    known: dict[int, dict[str, str]] = {}
    until: int = 0
    library: str = ""


class SpecialHours(Struct, frozen=True, kw_only=True):
    """The hours of a special day, in place of those of its weekday; none: it is closed.

    A file may write the list of hours alone.
    """

    SHORT: ClassVar[str] = "hours"

    hours: tuple[Window, ...]
    name: str = ""


class Calendar(Struct, frozen=True, kw_only=True):
    """When time counts, in one time zone; `holidays` are closed days with their names."""

    zone: Zone
    hours: Week = Week()
    holidays: dict[DateKey, str] = {}
    public_holidays: tuple[PublicHolidays, ...] = ()
    special_hours: dict[DateKey, SpecialHours] = {}
    breaks: dict[DateKey, tuple[Window, ...]] = {}
    place: str = ""
