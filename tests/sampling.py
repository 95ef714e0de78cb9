"""How much of what could be tried is tried: some of it each time, all of it where there is time.

`make test` takes samples. With SDCLI_TORTURE, as `make torture` and `make prove` set it, nothing
is left out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")

FULL = bool(os.environ.get("SDCLI_TORTURE"))
"""Whether there is time for everything."""


def some(things: Sequence[_T], one_in: int, first: int = 0) -> Sequence[_T]:
    """One in so many of these things, beginning at the first or another; all if there is time."""
    return things if FULL else things[first % one_in :: one_in]


def examples(number: int) -> int:
    """How many examples hypothesis tries of so many; at least twenty, if so many are meant."""
    return number if FULL else min(number, max(20, number // 3))
