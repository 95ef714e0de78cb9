"""Texts from outside that can be written down: no half characters, names on one line."""

from __future__ import annotations

import re

_HALVES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def whole(value: str) -> str:
    """A text without halves of characters, which nothing could be written to."""
    return _HALVES.sub("\ufffd", value)


def one_line(value: str) -> str:
    """A text on one line, without control characters and without white space round it."""
    return _CONTROLS.sub(" ", whole(value)).strip()
