"""Results as text for people: sentences and tables, safe for any terminal.

What a person reads may change from release to release; scripts use `--json`. Each room renders
the results of the room of `sdcli.results` that has its name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sdcli.render.wrap import hinted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from sdcli.results import Result

    Lines: TypeAlias = tuple[Iterable[str], Iterable[str]]
    """What a renderer gives: the answer, and remarks for the person."""


class Screen(NamedTuple):
    """Where text goes: `width` in columns, None where lines may be as long as they like.

    `utf8`: whether it can show more than ASCII.
    """

    width: int | None
    colour: bool
    utf8: bool = True

    def style(self, text: str, **how: Any) -> str:
        """The text in a colour, where there are colours."""
        return click.style(text, **how) if self.colour else text


class Told(NamedTuple):
    """What to print: `out` is the answer, `err` are remarks for the person."""

    out: Iterable[str]
    err: list[str]


def write(result: Result, screen: Screen) -> Told:
    """The lines to print for a result, by the room that its class belongs to."""
    kind = type(result)
    room = import_module(f"{__name__}.{kind.__module__.rpartition('.')[2]}")
    out, err = room.SHAPES[kind](result, screen)
    is_stream = kind in getattr(room, "STREAMS", ())  # too many to hold at once
    return Told(out if is_stream else list(out), hinted(list(err), screen.width))
