"""Text in lines of a terminal's width, where wide characters count as wide as they are shown."""

from __future__ import annotations

import re

_LABEL = 13
"""How far what follows a label goes in: `  Priority:  `."""


def wrapped(first: str, value: str, columns: int) -> list[str]:
    """A safe text in lines of so many columns; those after the first go on below its beginning."""
    from wcwidth import wcswidth, wrap  # noqa: PLC0415 - few answers pay for it

    found: list[str] = wrap(
        value,
        columns,
        initial_indent=first,
        subsequent_indent=" " * max(wcswidth(first), 0),
        break_on_hyphens=False,
    )
    return found or [first.rstrip()]


def fitted(texts: list[str], width: int | None, indent: int = _LABEL) -> list[str]:
    """Lines cut at the width, if there is one, and gone on with so many columns further in."""
    if width is None or all(text.isascii() and len(text) <= max(width, 40) for text in texts):
        return texts
    from wcwidth import width as columns_of  # noqa: PLC0415 - as above
    from wcwidth import wrap  # noqa: PLC0415

    room = max(width, 40)
    found: list[str] = []
    for text in texts:
        if columns_of(text) <= room:
            found.append(text)
            continue
        body = text.lstrip(" ")
        before = " " * (len(text) - len(body))
        found += wrap(
            body,
            room,
            initial_indent=before,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
    return found


_WORDS = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")
"""The words of a command line; what is quoted is one."""
_HINT = "Next: "
_FURTHER_IN = "      "


def hinted(texts: list[str], width: int | None) -> list[str]:
    """Remarks in lines of a width; a command to type goes on behind a backslash, so that it can be copied.

    What a command is for comes below it where both do not fit on a line.
    """
    if width is None or all(text.isascii() and len(text) <= width for text in texts):
        return texts
    from wcwidth import width as columns_of  # noqa: PLC0415 - as above

    found: list[str] = []
    for text in texts:
        if not text.startswith(_HINT) or columns_of(text) <= width:
            found += fitted([text], width, len(_FURTHER_IN))
            continue
        command, _, purpose = text.partition("   # ")
        found += _continued(command, width)
        room = [f"{_FURTHER_IN}# {each}" for each in fitted([purpose], width - 8, 0) if each]
        found += room
    return found


def _continued(command: str, width: int) -> list[str]:
    """A command in lines of a width, as far as its words are no longer than that."""
    from wcwidth import width as columns_of  # noqa: PLC0415 - as above

    lines: list[str] = []
    for word in _WORDS.findall(command):
        if lines and columns_of(f"{lines[-1]} {word} \\") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{_FURTHER_IN if lines else ''}{word}")
    return [f"{each} \\" for each in lines[:-1]] + lines[-1:]
