"""Texts from files made harmless for a page: what no reader sees is taken out.

Control characters are, and so are those that turn the direction of what follows; marks that
languages need, such as the joiners of Persian, stay.
"""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n?|[\u2028\u2029]")


def text(given: str) -> str:
    """A text of several lines."""
    if given.isascii() and given.isprintable():
        return given
    return _HIDDEN.sub("", _BREAKS.sub("\n", given))


def line(given: str) -> str:
    """A text on one line."""
    return " ".join(text(given).split())
