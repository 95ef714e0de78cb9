"""What a report says: numbers, with what they were before, how they went, and whose they are.

Instants are UTC, durations seconds.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.insight.figures import FIGURES

if TYPE_CHECKING:
    from sdcli.insight.figures import Figure


class Number(Struct, frozen=True, kw_only=True):
    """A figure of one period, or of a part of it.

    Args:
        value: the sum, the percentage, the median, the mean, or the level; None of nothing.
        of: how many items it is made of; `counted`: how many of these are 1, of a share.
        p90: what nine in ten do not exceed, of a spread.
    """

    value: float | None = None
    of: int = 0
    counted: int = 0
    p90: int | None = None


class Part(Struct, frozen=True, kw_only=True):
    """A figure of one type, service, person ..., in the period and in the one before.

    `refs`: the newest tickets behind it.
    """

    name: str
    now: Number
    before: Number
    refs: tuple[str, ...] = ()


class Row(Struct, frozen=True, kw_only=True):
    """One figure of a report.

    Args:
        id: see `insight.figures`.
        series: how it went, slot by slot; `slot_refs`: the newest tickets of each slot.
        by: its parts, by what it was split; the largest first.
        refs: the newest tickets that count; of a share, `others`: the newest that do not.
    """

    id: str
    now: Number
    before: Number
    series: tuple[Number, ...] = ()
    by: dict[str, tuple[Part, ...]] = {}
    refs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    slot_refs: tuple[tuple[str, ...], ...] = ()

    @property
    def figure(self) -> Figure:
        """What it means."""
        return FIGURES[self.id]

    @property
    def change(self) -> float | None:
        """How much the number is more than before, or less; None where there is nothing to compare."""
        if self.now.value is None or self.before.value is None:
            return None
        return round(self.now.value - self.before.value, 2)


class Span(Struct, frozen=True):
    """A stretch of time, its end not in it."""

    since: datetime
    until: datetime


class Report(Struct, frozen=True, kw_only=True):
    """Everything that was counted in a period.

    Args:
        zone: the time zone of the desk, in which its days begin.
        before: the period that it is compared with; None if there is none before it.
        as_of: what is recorded later is not in it.
        query: which tickets; empty for all.
        step: how long a slot is, in a word: `day`, `week`, `month`; `slots`: where they end.
    """

    period: Span
    before: Span | None
    as_of: datetime
    zone: str
    query: str
    step: str
    slots: tuple[Span, ...]
    rows: tuple[Row, ...]


class Receipt(Struct, frozen=True, kw_only=True):
    """One item behind a figure: a ticket, when it counts, and for how much.

    `parts`: the words that it can be split by. A spread's number is in seconds.
    """

    ref: str
    at: datetime
    number: int
    summary: str = ""
    parts: dict[str, str] = {}


class Audit(Struct, frozen=True, kw_only=True):
    """A figure with everything behind it, ticket by ticket, in the order of their references."""

    id: str
    period: Span
    as_of: datetime
    zone: str
    query: str
    now: Number
    items: tuple[Receipt, ...]
