"""The kinds of text that a file of the desk may hold for one value; `decode` reads each."""

from __future__ import annotations

from typing import NewType

from msgspec import Struct

Duration = NewType("Duration", int)
"""Seconds of working time, written `30m`, `4h` or `1h30m`."""

Span = NewType("Span", int)
"""Seconds that pass on any clock, written `30m`, `4h` or `1h30m`."""

Period = NewType("Period", int)
"""Seconds that pass on any clock, written `12h`, `14d` or `2w`."""

Seconds = NewType("Seconds", int)
"""Seconds that pass on any clock, written `20s` or `2m`."""

Size = NewType("Size", int)
"""Bytes, written `512 kB` or `20 MB`."""

Instant = NewType("Instant", str)
"""An instant with its zone, `"2026-12-05T20:00:00Z"`; kept in UTC."""

Expression = NewType("Expression", str)
"""A JMESPath expression."""

Delimiter = NewType("Delimiter", str)
"""The one character between the cells of a row, a tab among others."""

Zone = NewType("Zone", str)
"""An IANA time zone."""

Day = NewType("Day", str)
"""A date, `2026-12-25`."""

TimeOfDay = NewType("TimeOfDay", int)
"""Minutes after midnight by the clock on the wall, written `"09:00"`."""

Turn = NewType("Turn", int)
"""Local calendar days, written `1 day` or `2 weeks`."""

Moment = NewType("Moment", str)
"""A whole local day `2026-12-24`, a local time `"2026-12-24 18:00"`, or an `Instant`."""

DateKey = NewType("DateKey", str)
"""A date, one of each year, or a range of either: `2026-12-25`, `12-24`, `12-24..01-02`."""

Mail = NewType("Mail", str)
"""A mail address."""


class Amount(Struct, frozen=True):
    """How long something may take: working time, `4h`, or working days, `3 business_days`.

    So many business days are as much working time as the calendar holds from the moment the clock
    starts until the same time of day so many working days later; from then on they are seconds
    like any others (T7).
    """

    seconds: int = 0
    business_days: int = 0
