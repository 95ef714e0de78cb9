"""Markdown on a terminal: the only module that knows the library `rich`.

What a text holds is shown and never obeyed: raw HTML, control characters and escape sequences are
text, also where Markdown makes a character of an entity, and no link is one that a click follows.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown

from sdcli.knowledge.markdown import parser
from sdcli.render.safe import block

if TYPE_CHECKING:
    from markdown_it.token import Token

    from sdcli.render.as_text import Screen

_NARROWEST = 20
_WIDEST = 100
"""Lines of prose are no longer than this, however wide the terminal."""
_ASCII = str.maketrans({"•": "*", "▌": "|", "─": "-", "━": "=", "…": "..."})
_BOX = range(0x2500, 0x2580)


class _Safe(Markdown):
    """Markdown parsed as articles are, with nothing left in it that a terminal would obey."""

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False, code_theme="ansi_dark")
        self.markup = block(text)
        self.parsed = parser().parse(self.markup)
        _disarm(self.parsed)


def _disarm(tokens: list[Token]) -> None:
    for token in tokens:
        token.content = block(token.content)
        token.attrs = {
            name: block(value) if isinstance(value, str) else value
            for name, value in token.attrs.items()
        }
        token.info = block(token.info)
        _disarm(token.children or [])


def lines(text: str, screen: Screen, indent: int = 0) -> list[str]:
    """A text rendered in the screen's width, without the indent that its lines will get."""
    room = max(min((screen.width or _WIDEST) - indent, _WIDEST), _NARROWEST)
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=room,
        force_terminal=True,
        force_jupyter=False,
        force_interactive=False,
        color_system="standard" if screen.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(_Safe(text))
    shown = stream.getvalue()
    return _trimmed((shown if screen.utf8 else _in_ascii(shown)).split("\n"))


def _in_ascii(text: str) -> str:
    """A text whose marks and frames any terminal can show."""
    plain = text.translate(_ASCII)
    return "".join("|" if each in "│┃║" else "+" if ord(each) in _BOX else each for each in plain)


def _trimmed(found: list[str]) -> list[str]:
    """Lines without the blanks that fill them up, nor the empty ones round them."""
    told = [line.rstrip() for line in found]
    while told and not told[-1]:
        told.pop()
    while told and not told[0]:
        told.pop(0)
    return told
