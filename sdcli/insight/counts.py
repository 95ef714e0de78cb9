"""Numbers that can show where they come from: a count, and the newest tickets behind it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_REFS = 20
"""How many tickets a number names at most; it counts all of them."""


class Count(Struct, frozen=True):
    """How many, and the references of the newest of them, the oldest first."""

    count: int = 0
    refs: tuple[str, ...] = ()


class Tally:
    """Counts tickets and remembers the last few: its size does not grow with what it counts."""

    def __init__(self) -> None:
        self._count = 0
        self._refs: deque[str] = deque(maxlen=MOST_REFS)

    def add(self, ref: str) -> None:
        """Count one more; a ticket that is counted several times in a row is named once."""
        self._count += 1
        refs = self._refs
        if not refs or refs[-1] != ref:
            refs.append(ref)

    def done(self) -> Count:
        """What was counted."""
        return Count(self._count, tuple(self._refs))


def together(counts: Iterable[Count]) -> Count:
    """Several counts as one."""
    found = list(counts)
    refs = {ref for each in found for ref in each.refs}
    newest = sorted(refs, key=lambda ref: (len(ref), ref))[-MOST_REFS:]
    return Count(sum(each.count for each in found), tuple(newest))


def share(part: Count, of: Count) -> float | None:
    """A part of a whole, from 0 to 1; None of nothing."""
    return round(part.count / of.count, 4) if of.count else None
