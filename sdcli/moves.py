"""What may be typed in place of an answer, at any question."""

from __future__ import annotations

from enum import Enum


class Move(Enum):
    """What may be typed in place of an answer."""

    BACK = "<"
    LEAVE = "q"
