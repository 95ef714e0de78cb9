"""Text from outside made safe for a terminal (summaries, labels, mail … are all hostile).

A control character becomes a visible escape; so do the characters that reorder or hide text.
"""

from __future__ import annotations

import re

# C1 controls, the soft hyphen, direction marks and overrides, zero-width and tag characters.
_HIDDEN = (
    "\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_LATIN_1 = 0xFF


def line(text: str) -> str:
    """A text on one line."""
    return text if text.isprintable() else block(re.sub(r"[\r\n\t]+", " ", text))


def block(text: str) -> str:
    """A text that may have several lines."""
    if text.isprintable():
        return text
    whole = text.replace("\r\n", "\n")
    return re.sub(f"[\x00-\x08\x0b-\x1f\ud800-\udfff{_HIDDEN}]", _visible, whole)


def json_text(encoded: str, *, everything: bool = False) -> str:
    """JSON with the characters escaped that JSON itself lets through; its value is the same.

    `everything`: escape all that is not ASCII.
    """
    if encoded.isprintable() and not everything:
        return encoded
    characters = "[^\x00-\x7f]" if everything else f"[{_HIDDEN}]"
    return re.sub(characters, lambda match: _json_escape(match.group()), encoded)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code <= _LATIN_1 else f"\\u{code:04x}"


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair, 'big'):04x}" for pair in pairs)
