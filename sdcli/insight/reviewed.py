"""The tickets that were reviewed in a period, whenever they were closed (R5a.1).

A review is no change of its ticket, so what looks for changes does not find it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets import keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.ledger.interface import Reader
    from sdcli.tickets.ticket import Ticket

_DECEMBER = 12
_MOST_MONTHS = 36
"""A longer period is looked through by all reviews there are."""


def reviewed(reader: Reader, since: datetime | None, until: datetime) -> Iterator[Ticket]:
    """The tickets with a review in the months from one instant to another, in UTC, each once."""
    wanted = _months(since, until) if since else None
    seen: set[str] = set()
    for key in [keys.REVIEWED] if wanted is None else wanted:
        for ticket in reader.having(key):
            if ticket.ref not in seen:
                seen.add(ticket.ref)
                yield ticket


def _months(since: datetime, until: datetime) -> list[str] | None:
    """The keys of the months of a period; None if there are too many."""
    months = (until.year - since.year) * 12 + until.month - since.month
    if months >= _MOST_MONTHS:
        return None
    month, found = since.replace(day=1), []
    for _ in range(months + 1):
        found.append(keys.reviewed(month))
        is_last = month.month == _DECEMBER
        month = month.replace(year=month.year + is_last, month=1 if is_last else month.month + 1)
    return found
