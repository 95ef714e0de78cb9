"""Pictures in a line of text: a sparkline of a series, and the bar of a part.

Blocks in eighths where the terminal shows them, ASCII elsewhere (`Screen.utf8` says which). They
show a shape; the numbers stand beside them.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"
_SIGNS = "_-~=+*%#"
_GAP, _PLAIN_GAP = "·", "."
_PARTS = "▏▎▍▌▋▊▉█"
_EIGHTHS = 8


def spark(
    values: Sequence[float | None],
    *,
    ascii: bool,  # noqa: A002 - what it is
    low: float | None = None,
    high: float | None = None,
) -> str:
    """A series as one character a value; a value that there is none of is a dot.

    Args:
        values: the numbers, in their order.
        ascii: whether only ASCII can be shown.
        low: what the lowest character stands for; the least of the values if None.
        high: what the highest character stands for; the most of the values if None.
    """
    signs, gap = (_SIGNS, _PLAIN_GAP) if ascii else (_BLOCKS, _GAP)
    known = [each for each in values if each is not None and isfinite(each)]
    if not known:
        return gap * len(values)
    least = min(known) if low is None else low
    most = max(known) if high is None else high
    return "".join(
        gap
        if each is None or not isfinite(each)
        else signs[_step(each, least, most, len(signs) - 1)]
        for each in values
    )


def bar(value: float | None, most: float, width: int, *, ascii: bool) -> str:  # noqa: A002 - as above
    """A bar of at most so many columns; what is more than nothing is seen, however little it is.

    Args:
        value: how much; None and less than nothing are no bar.
        most: what the whole width stands for.
        width: in columns.
        ascii: whether only ASCII can be shown.
    """
    if value is None or not isfinite(value) or value <= 0 or most <= 0 or width <= 0:
        return ""
    share = min(value / most, 1.0)
    if ascii:
        return "#" * max(1, round(share * width))
    eighths = max(1, round(share * width * _EIGHTHS))
    whole, rest = divmod(eighths, _EIGHTHS)
    return _PARTS[-1] * whole + (_PARTS[rest - 1] if rest else "")


def _step(value: float, least: float, most: float, top: int) -> int:
    """Which of the steps from 0 to `top` a value is on; one that all share is in the middle."""
    if most <= least:
        return 0 if value == 0 else top // 2
    return round(min(max((value - least) / (most - least), 0.0), 1.0) * top)
