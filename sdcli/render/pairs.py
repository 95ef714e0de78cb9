"""What was said in a number of small parts: names and values, safe for a terminal and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 40
"""So many pairs are shown."""

LONGEST = 300
"""So many characters of a name or a value are shown."""


def listing(title: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The lines of names and values under a title; nothing where there are none.

    Where something is cut or left out, a line says so.
    """
    told = list(pairs)
    if not told:
        return
    yield f"  {title}:"
    for name, value in told[:MOST]:
        mark = "" if name.endswith("?") else ":"
        yield f"    {_cut(name)}{mark} {_cut(value)}"
    cut = any(len(text) > LONGEST for pair in told[:MOST] for text in pair)
    if len(told) > MOST:
        yield f"    and {len(told) - MOST} more; --json has all."
    elif cut:
        yield "    What ends with an ellipsis is longer; --json has all."


def _cut(text: str) -> str:
    return line(text if len(text) <= LONGEST else text[:LONGEST] + "\N{HORIZONTAL ELLIPSIS}")
