"""How long articles are good for, in whole days of the desk's calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_PERIOD = re.compile(r"([0-9]{1,4}) ?(d|w|m|y|days?|weeks?|months?|years?)")
_MONTHS = 12


def later(day: date, period: str) -> date:
    """The day so much later: `30d`, `2w`, `6m` or `1y`; months and years are the calendar's.

    Raises:
        ValueError: it is no such period, or leads beyond any calendar.
    """
    found = _PERIOD.fullmatch(period.strip().casefold())
    if not found or not int(found[1]):
        raise ValueError(period)
    number, unit = int(found[1]), found[2][0]
    try:
        if unit in "dw":
            return day + timedelta(days=number * (7 if unit == "w" else 1))
        months = day.year * _MONTHS + day.month - 1 + number * (_MONTHS if unit == "y" else 1)
        year, month = divmod(months, _MONTHS)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError) as error:
        raise ValueError(period) from error
