"""Text from outside made safe for a terminal (summaries, labels, mail … are all hostile).

A control character becomes a visible escape; so do the characters that reorder or hide text.
"""

from __future__ import annotations

import re

# C0 and C1 controls, line separators, direction marks and overrides, zero-width and tag characters.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f"
)
_IN_BLOCK = re.compile(f"[{_UNSAFE}]")
_IN_LINE = re.compile(f"[\t\n{_UNSAFE}]")
_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def line(text: str) -> str:
    """A text on one line."""
    return _IN_LINE.sub(_visible, " ".join(text.split("\n")) if "\n" in text else text)


def block(text: str) -> str:
    """A text that may have several lines."""
    return _IN_BLOCK.sub(_visible, text.replace("\r\n", "\n"))


def json_text(encoded: str) -> str:
    """JSON with the characters escaped that JSON itself lets through; its value is the same."""
    return _IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", encoded)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 9:  # noqa: PLR2004 - a tab in a line
        return " "
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"  # noqa: PLR2004 - Latin-1
