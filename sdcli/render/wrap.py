"""Text in lines of a terminal's width, where wide characters count as wide as they are shown."""

from __future__ import annotations

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
    if width is None:
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
