"""Phone numbers as people write them, compared by their digits (R1a.1b).

`+44 20 7946 0201`, `0044 20 7946 0201`, `+44 (0)20 7946-0201` and `020 7946 0201` are one number.
There is no table of countries behind this: a number without a country's code is the same as one
with it if only such a code stands before it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Texts and not patterns: who is named by an id does not pay for reading them.
_NUMBER = r"(?i)(?:tel:)?\s*\+?[\d\s().\-/\u2010-\u2013\u00a0]+(?:(?:ext\.?|x|#)\s*\d+)?"
_EXTENSION = r"(?i)(?:ext\.?|x|#)\s*\d+\s*$"
_LEAST, _MOST = 3, 20
_LONGEST = 50
_WHOLE = 6
_LONGEST_CODE = 3
_MARKS = str.maketrans("", "", " ()-./\t")


class _Number(NamedTuple):
    """The digits without prefixes; `scope` says what they begin with: `world`, `area` or `open`."""

    digits: str
    scope: str


def is_number(text: str) -> bool:
    """Whether a text can be nothing but a phone number, or a part of one."""
    bare = text.strip()
    if len(bare) > _LONGEST:
        return False
    if sum(map(str.isdigit, bare)) < _LEAST:
        return False
    return bool(re.fullmatch(_NUMBER, bare)) and _LEAST <= len(digits(text)) <= _MOST


def digits(text: str) -> str:
    """The digits of a number; an extension and the `(0)` after a country's code are left out."""
    bare = re.sub(_EXTENSION, "", text).replace("(0)", "")
    return "".join(str(int(each)) for each in bare if each.isdecimal())


def ending(number: str) -> str:
    """The last digits of a number: any spelling of the same number holds them in a row."""
    return digits(number)[-_WHOLE:]


def may_end(written: str, end: str) -> bool:
    """Whether a number, as written, can have this `ending`; quick, for a look through many."""
    return end in written.replace("(0)", "").translate(_MARKS) or not written.isascii()


def same(one: str, other: str) -> bool:
    """Whether two spellings are one number. Too short ones are no number of their own."""
    first, second = _read(one), _read(other)
    if min(len(first.digits), len(second.digits)) < _WHOLE:
        return False
    if first.digits == second.digits:
        return True
    longer, shorter = sorted((first, second), key=lambda each: len(each.digits), reverse=True)
    if shorter.scope == "world" or longer.scope == "area":
        return False
    code = longer.digits.removesuffix(shorter.digits)
    if longer.digits == code:
        return False
    # Some countries keep the zero of the area behind their code.
    return len(code.removesuffix("0") if shorter.scope == "area" else code) <= _LONGEST_CODE


def _read(text: str) -> _Number:
    found, marked = digits(text), text.strip().lower().removeprefix("tel:").lstrip(" (")
    if marked.startswith("+"):
        return _Number(found, "world")
    if found.startswith("00"):
        return _Number(found[2:], "world")
    return _Number(found[1:], "area") if found.startswith("0") else _Number(found, "open")
