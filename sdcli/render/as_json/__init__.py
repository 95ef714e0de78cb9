"""Results as JSON: the contract that scripts rely on.

Keys are snake_case, instants ISO 8601 UTC ending in `Z`, durations whole seconds ending in `_s`.
Each room renders the results of the room of `sdcli.results` that has its name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.safe import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.results import Result


def dump(value: Any) -> str:
    """One JSON document on one line, safe to print on a terminal."""
    return json_text(msgspec.json.encode(value).decode())


def in_ascii(document: str) -> str:
    """A JSON document for a stream that cannot take every character; its value is the same."""
    return document if document.isascii() else json_text(document, everything=True)


def write(result: Result) -> Iterable[str]:
    """The lines to print, by the room that the class of the result belongs to.

    One document, except for a stream, which gives one a line.
    """
    kind = type(result)
    room = import_module(f"{__name__}.{kind.__module__.rpartition('.')[2]}")
    document = room.SHAPES[kind](result)
    return map(dump, document) if kind in getattr(room, "STREAMS", ()) else [dump(document)]
