"""The kinds of text that a file of the desk may hold for one value; `decode` reads each."""

from __future__ import annotations

from typing import NewType

Duration = NewType("Duration", int)
"""Seconds of working time, written `30m`, `4h` or `1h30m`."""

Span = NewType("Span", int)
"""Seconds that pass on any clock, written `30m`, `4h` or `1h30m`."""

Seconds = NewType("Seconds", int)
"""Seconds that pass on any clock, written `20s` or `2m`."""

Size = NewType("Size", int)
"""Bytes, written `512 kB` or `20 MB`."""

Instant = NewType("Instant", str)
"""An instant with its zone, `"2026-12-05T20:00:00Z"`; kept in UTC."""

Expression = NewType("Expression", str)
"""A JMESPath expression."""

Zone = NewType("Zone", str)
"""An IANA time zone."""

Day = NewType("Day", str)
"""A date, `2026-12-25`."""

Mail = NewType("Mail", str)
"""A mail address."""
