"""When time counts: calendars, as `sla_policies.yaml` writes them."""

from __future__ import annotations

from msgspec import Struct

from sdcli.policy.scalars import Day, Zone


class Window(Struct, frozen=True):
    """Working hours of a day, minutes from local midnight; `end` after 1440 runs into the next."""

    start: int
    end: int


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


class Calendar(Struct, frozen=True, kw_only=True):
    """When time counts, in one time zone; `holidays` are closed days with their names."""

    zone: Zone
    hours: Week
    holidays: dict[Day, str] = {}
